using System.Runtime.CompilerServices;
using HpoServerless.Adapters.Stores;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;
using HpoServerless.LocalHost;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>Runs one experiment of a data folder in this process and prints what came out.</summary>
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
        plan.Id,
        plan.Definition.Stopping.Time,
        async host =>
        {
            ExperimentService service = host.Services.GetRequiredService<ExperimentService>();
            ExperimentDefinition definition = await service.WithWarmStartAsync(plan.Id, plan.Definition, cancellation);
            if (definition.WarmStart is { } warmStart)
            {
                RunRemarks.Print(context, WarmStartView.Of(warmStart, definition));
            }

            await host.Services.GetRequiredService<StoreSet>().Artifacts.PutAsync(definition.Program.Scripts, plan.Scripts, cancellation);
            await service.StartAsync(host.Client, plan.Id, definition, cancellation);
        },
        report,
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
                return await new ResultReport(context).PrintAsync(stored, view, asJson, cancellation);
            }
        }

        return await RunAsync(
            id,
            limit: null,
            // Changes nothing where it was not paused, and fails where another process has the experiment.
            host => host.Services.GetRequiredService<ExperimentService>().CommandAsync(host.Client, id, ExperimentCommand.Resume, "hpo local_run --resume", cancellation),
            (client, view) => new ResultReport(context).PrintAsync(client, view, asJson, cancellation),
            cancellation);
    }

    private async Task<int> RunAsync(
        string id, TimeSpan? limit, Func<EmbeddedHost, Task> begin, Func<IExperimentClient, ExperimentView, Task<int>> report, CancellationToken cancellation)
    {
        EmbeddedHostOptions options = new()
        {
            DataFolder = folder,
            OnlyExperiment = id,
            InputFolder = InputFolder,
            StopGrace = StopGrace,
            Logging = TextLogs.For(context, LogLevel.Error),
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
            await new ProgressDisplay(context, limit).FollowAsync(WatchAsync(host, client, id, cancellation));
            return await report(client, await client.FindAsync(id, cancellation));
        }
        catch (Exception error) when (begun || error is OperationCanceledException)
        {
            await host.StopAsync();
            return await EndEarlyAsync(client, id, error);
        }
    }

    /// <summary>Says how to go on with an experiment that was interrupted, or that this process could not finish.</summary>
    private async Task<int> EndEarlyAsync(StoredExperiments client, string id, Exception error)
    {
        ExperimentView view;
        try
        {
            view = await client.FindAsync(id, CancellationToken.None);
        }
        catch (NotFoundException)
        {
            ErrorReport.Write(error, context); // interrupted before anything was stored
            return ExitCode.Of(error);
        }

        if (asJson)
        {
            context.Output.WriteLine(CliJson.Line(ExperimentResult.Of(view)));
        }

        ErrorReport.Write(error, context);
        context.Error.WriteLine($"{view.Trials.Ended} of {view.NumTrials} trials are done; what was running will run again");
        context.Error.WriteLine($"resume with: hpo local_run --resume {id} --data {folder}");
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
