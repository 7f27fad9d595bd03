using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Orchestrations;

/// <summary>Puts right what a crash, a deployment or a lost message left behind: experiments and trials that run only on paper are started again.</summary>
/// <remarks>Idempotent. Cost: one page of experiments after another, and for each running one its running trials.</remarks>
public sealed class Reconciler(IExperimentStore experiments, ExperimentCache cache, IInbox inbox, ITrialQueue queue, TimeProvider time)
{
    /// <summary>How long the histories of ended orchestrations are kept.</summary>
    public static readonly TimeSpan HistoryKept = TimeSpan.FromDays(7);

    /// <summary>How old the last turn of an experiment is that something waits for, before it counts as stuck: three looks of the reconciler.</summary>
    public static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(15);

    private const int PageSize = 100;
    private const int InboxPage = 1000;

    /// <summary>Looks through all experiments once. One that cannot be put right does not keep the others from it.</summary>
    public async Task<ReconcileReport> RunAsync(DurableTaskClient client, CancellationToken cancellation)
    {
        List<Exception> failures = [];
        int restarted = 0;
        int resent = 0;
        ImmutableArray<StuckExperiment>.Builder stuck = ImmutableArray.CreateBuilder<StuckExperiment>();
        string? continuation = null;
        do
        {
            Engine.Ports.Page<ExperimentRecord> page = await experiments.ListAsync(new(PageSize, continuation), cancellation);
            foreach (ExperimentRecord experiment in page.Items.Where(e => !e.Summary.IsFinal))
            {
                try
                {
                    int lost = await ResendAsync(client, experiment.Id, cancellation);
                    resent += lost;
                    restarted += await RestartAsync(client, experiment, cancellation) ? 1 : 0;
                    await JudgeAsync(experiment, lost, stuck, cancellation);
                }
                catch (NotFoundException)
                {
                    // It was removed meanwhile.
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    failures.Add(new InvalidOperationException($"experiment '{experiment.Id}' could not be looked after", error));
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);

        DateTimeOffset old = time.GetUtcNow() - HistoryKept;
        PurgeResult purged = await client.PurgeAllInstancesAsync(
            new PurgeInstancesFilter(CreatedTo: old, Statuses: [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated]),
            cancellation);
        return new(restarted, resent, purged.PurgedInstanceCount) { Stuck = stuck.DrainToImmutable(), Failures = [.. failures] };
    }

    /// <summary>Starts the orchestration of an experiment, unless it lives.</summary>
    public static Task<bool> RestartAsync(DurableTaskClient client, ExperimentRecord experiment, CancellationToken cancellation) => TrialDispatcher.StartAsync(
        client, nameof(ExperimentOrchestrator), new ExperimentCursor(experiment.Id, experiment.Summary.Turn + 1), experiment.Id, cancellation);

    /// <summary>Whether an experiment stands still although it should not.</summary>
    private async Task JudgeAsync(ExperimentRecord experiment, int lost, ImmutableArray<StuckExperiment>.Builder stuck, CancellationToken cancellation)
    {
        if (time.GetUtcNow() - experiment.Summary.UpdatedAt < StuckAfter)
        {
            return;
        }

        int waiting = (await inbox.ReadAsync(experiment.Id, InboxPage, cancellation)).Length;
        if (waiting > 0 || lost > 0)
        {
            stuck.Add(new(experiment.Id, experiment.Summary.UpdatedAt, waiting, lost));
        }
    }

    /// <summary>Sends the start of every running trial again whose orchestration is gone and whose end is not waiting in the inbox.</summary>
    private async Task<int> ResendAsync(DurableTaskClient client, string id, CancellationToken cancellation)
    {
        ExperimentState state = await cache.LatestAsync(id, cancellation);
        if (state.Running.IsEmpty)
        {
            return 0;
        }

        ImmutableArray<TrialMessage>.Builder messages = ImmutableArray.CreateBuilder<TrialMessage>();
        foreach (int number in state.Running)
        {
            SegmentId segment = new(id, number, state.TrialAt(number).Segment);
            if (!await TrialDispatcher.IsLiveAsync(client, segment.InstanceId, cancellation) && !await inbox.HoldsEndAsync(segment, cancellation))
            {
                messages.Add(new(TrialMessageKind.Start, segment) { Site = state.TrialAt(number).Site });
            }
        }

        if (messages.Count > 0)
        {
            await queue.SendAsync(messages.ToImmutable(), cancellation);
        }

        return messages.Count;
    }
}

/// <summary>What one look through all experiments put right.</summary>
/// <param name="Restarted">Experiments whose orchestration was started again.</param>
/// <param name="Resent">Trials whose start was sent again.</param>
/// <param name="Purged">Old histories that were removed.</param>
public sealed record ReconcileReport(int Restarted, int Resent, int Purged)
{
    /// <summary>Experiments that stand still although something waits for them.</summary>
    public ImmutableArray<StuckExperiment> Stuck { get; init; } = [];

    /// <summary>Why some experiments could not be looked after this time.</summary>
    public ImmutableArray<Exception> Failures { get; init; } = [];
}

/// <summary>An experiment that stands still although something waits for it.</summary>
/// <param name="Id">Which.</param>
/// <param name="LastTurn">When its last turn was committed.</param>
/// <param name="Waiting">Events that wait to be folded.</param>
/// <param name="Lost">Trials that ran only on paper.</param>
public sealed record StuckExperiment(string Id, DateTimeOffset LastTurn, int Waiting, int Lost);
