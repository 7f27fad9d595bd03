using System.Globalization;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Orchestrations;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Services;

/// <summary>Starts, commands and removes experiments.</summary>
public sealed class ExperimentService(
    IExperimentStore experiments, ITrialStore trials, IInbox inbox, IArtifactStore artifacts, IExecutors executors, ExperimentCache cache, WarmStarts warmStarts,
    Ownership ownership, ContinuationSeal seal, Quotas quotas, TimeProvider time)
{
    /// <summary>Creates an experiment and starts its orchestration. The same id and definition again change nothing.</summary>
    /// <returns>The experiment as it stands, and whether this call created it.</returns>
    /// <param name="client">Starts orchestrations.</param>
    /// <param name="id">Id of the experiment.</param>
    /// <param name="definition">What defines it.</param>
    /// <param name="by">Who starts it.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidInputException">The id is not valid, no executor serves the site, or an experiment of the warm start is of no use.</exception>
    /// <exception cref="ConflictException">The id is taken by an experiment with another definition.</exception>
    public async Task<StartedExperiment> StartAsync(DurableTaskClient client, string id, ExperimentDefinition definition, Caller by, CancellationToken cancellation)
    {
        ExperimentIds.Require(id);
        RequireSites(definition);
        if (by != Caller.Host && await experiments.FindAsync(id, cancellation) is { Definition.Owner: var owner } && (owner is null ? !ownership.Sees(by, owner) : owner.Id != by.Id))
        {
            throw Taken(id);
        }

        definition = await WithWarmStartAsync(id, definition, by, cancellation) with { Owner = by.Owner };
        DateTimeOffset now = time.GetUtcNow();
        ExperimentRecord record = new(id, definition, new() { Status = ExperimentStatus.Running, CreatedAt = now, UpdatedAt = now });
        bool created = await experiments.FindAsync(id, cancellation) is null && await CreateAsync(record, by, cancellation);
        if (!created)
        {
            record = await FindAsync(id, cancellation);
            if (!IsSame(record.Definition, definition))
            {
                throw new ConflictException("experiment", id, "exists already with another definition");
            }
        }

        if (!record.Summary.IsFinal)
        {
            await Reconciler.RestartAsync(client, record, cancellation);
        }

        return new(record, created);
    }

    private async Task<bool> CreateAsync(ExperimentRecord record, Caller by, CancellationToken cancellation)
    {
        await quotas.ReserveAsync(by, record, cancellation);
        return await experiments.CreateAsync(record, cancellation); // where somebody was faster, the count finds that out by itself
    }

    /// <summary>Reads the results that a definition's warm start names, unless the experiment exists and has read them: it keeps what it began with.</summary>
    /// <exception cref="InvalidInputException">An experiment of the warm start is of no use.</exception>
    public async Task<ExperimentDefinition> WithWarmStartAsync(string id, ExperimentDefinition definition, Caller by, CancellationToken cancellation)
    {
        if (definition.WarmStart is not { Trials: null } wanted)
        {
            return definition;
        }

        return await experiments.FindAsync(id, cancellation) is { Definition.WarmStart: { } known } && known.Experiments.SequenceEqual(wanted.Experiments)
            ? definition with { WarmStart = known }
            : await warmStarts.ReadAsync(definition, by, cancellation);
    }

    /// <summary>An experiment.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task<ExperimentRecord> FindAsync(string id, CancellationToken cancellation) =>
        (ExperimentIds.IsValid(id) ? await experiments.FindAsync(id, cancellation) : null) ?? throw new NotFoundException("experiment", id);

    /// <summary>An experiment that a caller sees.</summary>
    /// <exception cref="NotFoundException">There is no such experiment, as far as the caller sees.</exception>
    public async Task<ExperimentRecord> FindAsync(string id, Caller by, CancellationToken cancellation) =>
        await FindAsync(id, cancellation) is var found && ownership.Sees(by, found.Definition.Owner) ? found : throw new NotFoundException("experiment", id);

    /// <summary>Demands that a caller sees an experiment, if it exists.</summary>
    /// <exception cref="NotFoundException">It exists, and the caller does not see it; or it does not exist.</exception>
    public Task RequireSeenAsync(string id, Caller by, CancellationToken cancellation) => ownership.SeesAll(by) ? Task.CompletedTask : FindAsync(id, by, cancellation);

    /// <summary>Demands that a caller may change an experiment, if it exists.</summary>
    /// <exception cref="NotFoundException">There is no such experiment, as far as the caller sees.</exception>
    /// <exception cref="ForbiddenException">It belongs to somebody else.</exception>
    public async Task RequireOwnAsync(string id, Caller by, CancellationToken cancellation)
    {
        if (!by.IsOperator)
        {
            Ownership.RequireChange(by, (await FindAsync(id, by, cancellation)).Definition.Owner, "experiment", id);
        }
    }

    /// <summary>Experiments that a caller sees, newest first.</summary>
    /// <exception cref="InvalidInputException">The continuation is not one that was given out.</exception>
    public async Task<Page<ExperimentRecord>> ListAsync(PageRequest page, Caller by, CancellationToken cancellation)
    {
        if (ownership.SeesAll(by))
        {
            return await experiments.ListAsync(page, cancellation);
        }

        Page<ExperimentRecord> all = await experiments.ListAsync(page with { Continuation = seal.Open(page.Continuation, by) }, cancellation);
        return new([.. all.Items.Where(item => ownership.Sees(by, item.Definition.Owner))], seal.Close(all.Continuation, by));
    }

    /// <summary>Trials by ascending number.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="InvalidInputException">The continuation is not one that was given out.</exception>
    public async Task<Page<Trial>> TrialsAsync(string id, PageRequest page, CancellationToken cancellation)
    {
        await FindAsync(id, cancellation);
        return await trials.ListAsync(id, page, cancellation);
    }

    /// <summary>A trial.</summary>
    /// <param name="id">Id of the experiment.</param>
    /// <param name="number">Trial number, as it was asked for.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="NotFoundException">There is no such experiment or no such trial.</exception>
    public async Task<Trial> TrialAsync(string id, string number, CancellationToken cancellation)
    {
        Trial? trial = ExperimentIds.IsValid(id) && TryTrialNumber(number, out int parsed) ? await trials.FindAsync(id, parsed, cancellation) : null;
        if (trial is null)
        {
            await FindAsync(id, cancellation);
            throw new NotFoundException($"trial of experiment {id}", number);
        }

        return trial;
    }

    /// <summary>Gives a running experiment a command.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="ConflictException">The experiment has ended.</exception>
    public async Task<ExperimentRecord> CommandAsync(DurableTaskClient client, string id, ExperimentCommand command, string by, CancellationToken cancellation)
    {
        ExperimentRecord record = await FindAsync(id, cancellation);
        if (record.Summary.IsFinal)
        {
            throw new ConflictException("experiment", id, $"has ended ({record.Summary.Status}) and takes no commands");
        }

        CommandGiven given = new($"c-{Guid.CreateVersion7(time.GetUtcNow()):n}", command, by);
        await inbox.PostAsync(id, given, cancellation);
        if (!await Reconciler.RestartAsync(client, record, cancellation))
        {
            await TrialDispatcher.RingAsync(client, id, ExperimentOrchestrator.Doorbell, given.Id, cancellation);
        }

        return record;
    }

    /// <summary>Removes an ended experiment and all that belongs to it. Removing one that does not exist does nothing.</summary>
    /// <exception cref="ConflictException">The experiment has not ended.</exception>
    public async Task DeleteAsync(DurableTaskClient client, string id, CancellationToken cancellation)
    {
        if (!ExperimentIds.IsValid(id) || await experiments.FindAsync(id, cancellation) is not { } record)
        {
            return;
        }

        if (!record.Summary.IsFinal)
        {
            throw new ConflictException("experiment", id, record.Summary.Status == ExperimentStatus.Stopping
                ? "is stopping: wait until it has ended"
                : $"is {record.Summary.Status.ToString().ToLowerInvariant()}: stop it first");
        }

        foreach (string site in record.Definition.SiteNames)
        {
            await executors.For(site).RemoveAsync(id, cancellation);
        }

        // Sites may take minutes: somebody else may have removed it meanwhile, and begun another one under its id.
        foreach (string folder in new[] { Checkpoint.FolderOf(id), TrialLog.FolderOf(id) })
        {
            if (await IsAnotherAsync())
            {
                return;
            }

            await artifacts.DeleteAsync(folder, cancellation);
        }

        if (!await IsAnotherAsync())
        {
            await experiments.DeleteAsync(id, cancellation);
            cache.Forget(id);
            await client.PurgeInstanceAsync(id, cancellation);
        }

        async Task<bool> IsAnotherAsync() => await experiments.FindAsync(id, cancellation) is { } present && present.Summary.CreatedAt != record.Summary.CreatedAt;
    }

    /// <summary>Reads a trial number.</summary>
    internal static bool TryTrialNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1;

    private static bool IsSame(ExperimentDefinition one, ExperimentDefinition other) => WithoutOwner(one).AsSpan().SequenceEqual(WithoutOwner(other));

    private static byte[] WithoutOwner(ExperimentDefinition definition) => JsonSerializer.SerializeToUtf8Bytes(definition with { Owner = null }, EngineJson.Options);

    private static ConflictException Taken(string id) => new("experiment", id, "cannot be started: the id is taken; choose another one");

    private void RequireSites(ExperimentDefinition definition)
    {
        List<Fault> faults = [];
        foreach (string site in definition.SiteNames)
        {
            try
            {
                faults.AddRange(executors.For(site).Refuses(definition).Select(fault => fault with { Path = $"hpo_config.{fault.Path}", Rule = $"{fault.Rule} (site {site})" }));
            }
            catch (NotFoundException)
            {
                faults.Add(new("hpo_config.sites", $"\"{site}\"", $"must name sites of this installation ({string.Join(", ", executors.All.Select(known => known.Site))})"));
            }
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }
    }
}

/// <summary>Answer to a start.</summary>
/// <param name="Experiment">The experiment as it stands.</param>
/// <param name="Created">Whether it is new.</param>
public sealed record StartedExperiment(ExperimentRecord Experiment, bool Created);
