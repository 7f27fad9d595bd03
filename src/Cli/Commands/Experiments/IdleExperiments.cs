using System.Collections.Immutable;
using HpoServerless.Adapters.Stores;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Orchestrations;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>Commands to experiments of a data folder that no process runs: they are carried out here and now.</summary>
/// <param name="stores">The store.</param>
/// <param name="folder">The data folder, for what the user is told.</param>
/// <param name="time">The clock.</param>
internal sealed class IdleExperiments(StoreSet stores, string folder, TimeProvider time)
{
    private const string By = "hpo experiment";

    /// <inheritdoc cref="IExperimentClient.CommandAsync"/>
    public async Task<string?> CommandAsync(ExperimentRecord experiment, ExperimentCommand command, CancellationToken cancellation)
    {
        if (experiment.Summary.IsFinal)
        {
            throw new ConflictException("experiment", experiment.Id, $"has ended ({experiment.Summary.Status}) and takes no commands");
        }

        await AsWriterAsync(() => PostAsync(experiment, command, cancellation));
        switch (command)
        {
            case ExperimentCommand.Stop:
                await EndAsync(experiment, cancellation);
                return null;
            case ExperimentCommand.Pause:
                await AdvanceAsync(experiment.Id, cancellation);
                return null;
            default:
                return $"no process runs it; it goes on with: hpo local_run --resume {experiment.Id} --data {folder}";
        }
    }

    /// <inheritdoc cref="IExperimentClient.DeleteAsync"/>
    public Task DeleteAsync(ExperimentRecord experiment, CancellationToken cancellation) => !experiment.Summary.IsFinal
        ? throw new ConflictException("experiment", experiment.Id, $"is {experiment.Summary.Status.ToString().ToLowerInvariant()}: stop it first")
        : AsWriterAsync(async () =>
        {
            await stores.Experiments.DeleteAsync(experiment.Id, cancellation); // first: it fails where another process has the experiment
            await stores.Artifacts.DeleteAsync(Checkpoint.FolderOf(experiment.Id), cancellation);
            await stores.Artifacts.DeleteAsync(TrialLog.FolderOf(experiment.Id), cancellation);
        });

    private static async Task AsWriterAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (ConflictException error)
        {
            throw new ConflictException(error.Kind, error.Id, $"{error.Rule} (Ctrl-C there; or, where it is a server, give its address with --url)");
        }
    }

    private async Task PostAsync(ExperimentRecord experiment, ExperimentCommand command, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (experiment.Summary.Turn > 0)
        {
            await stores.Inbox.PostAsync(experiment.Id, new CommandGiven($"c-{Guid.CreateVersion7(now):n}", ExperimentCommand.HostRestarted, By), cancellation);
        }

        await stores.Inbox.PostAsync(experiment.Id, new CommandGiven($"c-{Guid.CreateVersion7(now):n}", command, By), cancellation);
    }

    /// <summary>Nobody runs the trials that the experiment believes to be running, so they end here.</summary>
    private async Task EndAsync(ExperimentRecord experiment, CancellationToken cancellation)
    {
        string id = experiment.Id;
        await AdvanceAsync(id, cancellation);
        DateTimeOffset now = time.GetUtcNow();
        SegmentOutcome outcome = new()
        {
            Status = SegmentStatus.Stopped,
            Site = experiment.Definition.Site,
            Attempts = 0,
            StartedAt = now,
            EndedAt = now,
        };
        string? continuation = null;
        do
        {
            Page<Trial> page = await stores.Trials.ListAsync(id, new(Continuation: continuation), cancellation);
            foreach (Trial trial in page.Items.Where(t => t.Status == TrialStatus.Running))
            {
                SegmentId segment = new(id, trial.Number, trial.Segment);
                await stores.Inbox.PostAsync(id, new SegmentEnded(segment.EndEventId, trial.Number, trial.Segment, outcome), cancellation);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        await AdvanceAsync(id, cancellation);
    }

    private async Task AdvanceAsync(string id, CancellationToken cancellation)
    {
        ExperimentCache cache = new(stores.Experiments, stores.Turns);
        AdvanceExperiment advance = new(cache, new(stores.Experiments, stores.Trials, time), stores.Turns, stores.Inbox, new NoQueue(), stores.Artifacts, new NoExecutors(), time, NullLogger<AdvanceExperiment>.Instance);
        ExperimentRecord? record = await stores.Experiments.FindAsync(id, cancellation);
        TurnReceipt receipt;
        for (int turn = record!.Summary.Turn + 1; ; turn = receipt.NextTurn)
        {
            receipt = await advance.RunAsync(new(id, turn), cancellation);
            if (receipt.Finished || !receipt.More)
            {
                return;
            }
        }
    }

    /// <summary>Messages to trials: nobody listens, and whoever runs the experiment next sends them again.</summary>
    private sealed class NoQueue : ITrialQueue
    {
        public Task SendAsync(ImmutableArray<TrialMessage> messages, CancellationToken cancellation) => Task.CompletedTask;
    }

    /// <summary>Nothing runs here.</summary>
    private sealed class NoExecutors : IExecutors
    {
        public IEnumerable<ITrialExecutor> All => [];

        public ITrialExecutor For(string site) => throw new NotFoundException("site", site);
    }
}
