using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using HpoServerless.Adapters.Stores;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;
using HpoServerless.LocalHost;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>Runs an experiment of a data folder, or several that are independent, in this process and prints what came out.</summary>
/// <param name="context">The world around.</param>
/// <param name="folder">The data folder.</param>
/// <param name="asJson">Whether the result is printed as JSON.</param>
internal sealed class LocalRun(CliContext context, string folder, bool asJson)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>How long what is being written may take after Ctrl-C; trials are dropped at once.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    /// <summary>Folder with the trials' input data; null where they have none.</summary>
    public string? InputFolder { get; init; }

    /// <summary>Whether trials run on this machine whatever sites there are.</summary>
    public bool WithoutSites { get; init; }

    /// <summary>What goes on with an experiment that was interrupted.</summary>
    public string ResumeCommand { get; init; } = "hpo local_run";

    /// <summary>What is made of an experiment that ended, before it is printed.</summary>
    /// <value>What it is.</value>
    public Func<ExperimentView, ExperimentView> Judge { get; init; } = static view => view;

    /// <summary>What the host tells.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Error;

    /// <summary>Starts a new experiment and stays until it ended.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> StartAsync(ExperimentPlan plan, CancellationToken cancellation) =>
        StartAsync(plan, (client, view) => new ResultReport(context).PrintAsync(client, view, asJson, cancellation), cancellation);

    /// <summary>Starts a new experiment and stays until it ended.</summary>
    /// <param name="plan">The experiment.</param>
    /// <param name="report">Is shown the ended experiment and gives the exit code; not called where the run is interrupted.</param>
    /// <param name="cancellation">Interrupts the run.</param>
    /// <returns>The exit code.</returns>
    public Task<int> StartAsync(ExperimentPlan plan, Func<IExperimentClient, ExperimentView, Task<int>> report, CancellationToken cancellation) => RunAsync(
        [plan.Id],
        plan.Definition.Stopping.Time,
        host => BeginAsync(host, plan, isFirst: true, cancellation),
        async (client, _) => await report(client, await client.FindAsync(plan.Id, cancellation)),
        views => CliJson.Line(ExperimentResult.Of(views[0])),
        cancellation);

    /// <summary>Starts several independent experiments at the same time, stays until all ended and prints a table.</summary>
    /// <param name="plans">At least one.</param>
    /// <param name="cancellation">Interrupts the run.</param>
    /// <returns>The exit code.</returns>
    public Task<int> StartAsync(ImmutableArray<ExperimentPlan> plans, CancellationToken cancellation) => RunAsync(
        [.. plans.Select(plan => plan.Id)],
        plans[0].Definition.Stopping.Time,
        async host =>
        {
            foreach (ExperimentPlan plan in plans)
            {
                await BeginAsync(host, plan, isFirst: plan == plans[0], cancellation);
            }
        },
        (_, views) => Task.FromResult(new IndependentReport(context).Print(views, asJson)),
        views => CliJson.Line(IndependentReport.ResultOf(views)),
        cancellation);

    /// <summary>Goes on with an experiment; of one that ended the result is printed again.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ResumeAsync(string id, CancellationToken cancellation)
    {
        using (StoredExperiments stored = StoredExperiments.Open(folder, context))
        {
            ExperimentView view = await FindAsync(stored, id, cancellation);
            if (view.EndedAt is not null)
            {
                context.Error.WriteLine($"experiment {id} has ended; this is its result");
                return await new ResultReport(context).PrintAsync(stored, Judge(view), asJson, cancellation);
            }
        }

        return await RunAsync(
            [id],
            limit: null,
            // Changes nothing where it was not paused, and fails where another process has the experiment.
            host => host.Services.GetRequiredService<ExperimentService>().CommandAsync(host.Client, id, ExperimentCommand.Resume, "hpo local_run --resume", cancellation),
            async (client, _) => await new ResultReport(context).PrintAsync(client, Judge(await client.FindAsync(id, cancellation)), asJson, cancellation),
            views => CliJson.Line(ExperimentResult.Of(views[0])),
            cancellation);
    }

    private async Task BeginAsync(EmbeddedHost host, ExperimentPlan plan, bool isFirst, CancellationToken cancellation)
    {
        ExperimentService service = host.Services.GetRequiredService<ExperimentService>();
        ExperimentDefinition definition = await service.WithWarmStartAsync(plan.Id, plan.Definition, Caller.Host, cancellation);
        if (definition.WarmStart is { } warmStart && isFirst)
        {
            RunRemarks.Print(context, WarmStartView.Of(warmStart, definition));
        }

        await host.Services.GetRequiredService<StoreSet>().Artifacts.PutAsync(definition.Program.Scripts, plan.Scripts, cancellation);
        await service.StartAsync(host.Client, plan.Id, definition, Caller.Host, cancellation);
    }

    /// <param name="ids">The experiments that this process looks after.</param>
    /// <param name="limit">How long they may take; null for any time.</param>
    /// <param name="begin">Starts them, or goes on with them.</param>
    /// <param name="report">Is shown the ended experiments, without fronts, and gives the exit code.</param>
    /// <param name="early">What is printed as JSON where the run is interrupted.</param>
    /// <param name="cancellation">Interrupts the run.</param>
    private async Task<int> RunAsync(
        ImmutableArray<string> ids,
        TimeSpan? limit,
        Func<EmbeddedHost, Task> begin,
        Func<IExperimentClient, ExperimentView[], Task<int>> report,
        Func<IReadOnlyList<ExperimentView>, string> early,
        CancellationToken cancellation)
    {
        EmbeddedHostOptions options = new()
        {
            DataFolder = folder,
            OnlyExperiments = ids,
            InputFolder = InputFolder,
            WithoutSites = WithoutSites,
            StopGrace = StopGrace,
            Logging = TextLogs.For(context, LogLevel),
            Time = context.Time,
        };
        using FolderLock held = FolderLock.ForRun(folder);
        await using EmbeddedHost host = await EmbeddedHost.StartAsync(options, cancellation);
        StoreSet stores = host.Services.GetRequiredService<StoreSet>();
        StoredExperiments client = new(stores, new(stores, folder, context.Time), folder, owned: null);
        bool begun = false;
        try
        {
            await begin(host);
            begun = true;
            ExperimentView[] views = new ExperimentView[ids.Length];
            using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            PassiveConsole console = new(context, host);
            bool asks = await console.IsNeededAsync(ids, cancellation);
            Task answers = asks ? console.FollowAsync(ids, over.Token) : Task.CompletedTask;
            await new ProgressDisplay(asks ? context with { IsErrorTerminal = false } : context, limit).FollowAsync(
                IndependentExperiments.FollowAsync([.. ids.Select(id => WatchAsync(host, client, id, cancellation))], views, cancellation));
            await over.CancelAsync();
            await answers;
            return await report(client, views);
        }
        catch (Exception error) when (begun || error is OperationCanceledException)
        {
            await host.StopAsync();
            return await EndEarlyAsync(client, ids, early, error);
        }
    }

    /// <summary>Says how to go on with an experiment that was interrupted, or that this process could not finish.</summary>
    private async Task<int> EndEarlyAsync(StoredExperiments client, ImmutableArray<string> ids, Func<IReadOnlyList<ExperimentView>, string> early, Exception error)
    {
        List<ExperimentView> views = [];
        foreach (string id in ids)
        {
            try
            {
                views.Add(await client.FindAsync(id, CancellationToken.None));
            }
            catch (NotFoundException)
            {
                // interrupted before it was stored
            }
        }

        if (views.Count == 0)
        {
            ErrorReport.Write(error, context);
            return ExitCode.Of(error);
        }

        if (asJson)
        {
            context.Output.WriteLine(early(views));
        }

        ErrorReport.Write(error, context);
        context.Error.WriteLine($"{views.Sum(view => view.Trials.Ended)} of {views.Sum(view => (long)view.NumTrials)} trials are done; what was running will run again");
        foreach (ExperimentView view in views.Where(view => view.EndedAt is null))
        {
            context.Error.WriteLine($"resume with: {ResumeCommand} --resume {view.Id} --data {folder}");
        }

        return ExitCode.Of(error);
    }

    private static async IAsyncEnumerable<ExperimentView> WatchAsync(
        EmbeddedHost host, StoredExperiments client, string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            ExperimentView view = await client.GlanceAsync(id, cancellation);
            yield return view;
            if (view.EndedAt is not null)
            {
                break;
            }

            if (await host.Client.GetInstanceAsync(id, getInputsAndOutputs: true, cancellation) is { RuntimeStatus: OrchestrationRuntimeStatus.Failed } failed)
            {
                throw new UnavailableException($"experiment {id}", failed.FailureDetails?.ErrorMessage ?? "it cannot go on");
            }

            await Task.Delay(LookEvery, cancellation);
        }
    }

    private async Task<ExperimentView> FindAsync(StoredExperiments stored, string id, CancellationToken cancellation)
    {
        try
        {
            return await stored.FindAsync(id, cancellation);
        }
        catch (NotFoundException)
        {
            List<string> known = [];
            await foreach (ExperimentView view in stored.ListAsync(cancellation))
            {
                known.Add($"{view.Id} ({view.Status.ToString().ToLowerInvariant()})");
            }

            string has = known.Count == 0 ? "none" : string.Join(", ", known);
            throw new InvalidInputException(new Fault("--resume", $"\"{id}\"", $"must be an experiment in {folder}, which has: {has}"));
        }
    }
}
