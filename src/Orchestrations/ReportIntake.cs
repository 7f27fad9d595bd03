using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Orchestrations;

/// <summary>Takes what a running trial reports and tells it how to go on.</summary>
/// <remarks>The experiment's doorbell is rung where the trial scheduler has to decide, and once for so many other reports, which wait for the next turn.</remarks>
public sealed class ReportIntake(RunningTrials trials, IInbox inbox, TimeProvider time)
{
    /// <summary>Longest time that a trial stands still for a decision. It then asks again, with its next report or the same one.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Takes reports of a running segment.</summary>
    /// <param name="client">Reaches the experiment's orchestration.</param>
    /// <param name="segment">Which segment.</param>
    /// <param name="reports">New reports by ascending step; at least one.</param>
    /// <param name="wait">Whether the trial stands still until it is told how to go on.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>Stop where the segment is not wanted any more; otherwise what was decided, or to go on.</returns>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<TrialDirective> TakeAsync(
        DurableTaskClient client, SegmentId segment, ImmutableArray<Report> reports, bool wait, CancellationToken cancellation)
    {
        long step = reports[^1].Step;
        Trial trial = await trials.RecentAsync(segment.Experiment, segment.Trial, cancellation);
        if (trial.Segment != segment.Segment || trial.DirectiveAt(segment.Segment, step) is not { Action: DirectiveAction.Continue })
        {
            trial = await trials.ReadAsync(segment.Experiment, segment.Trial, cancellation); // another process may have gone on with it, or another experiment have the id
        }

        if (!trial.Waits(segment))
        {
            return new(DirectiveAction.Stop);
        }

        bool isNew = step > trial.LastStep; // a report that is repeated after a turn folded it says nothing
        if (isNew)
        {
            await inbox.PostAsync(segment.Experiment, new TrialReported(segment.ReportEventId(step), segment.Trial, segment.Segment, reports), cancellation);
        }

        TrialDirective? known = trial.DirectiveAt(segment.Segment, step);
        if ((isNew && trials.CountReport(segment.Experiment, trial)) || known is null)
        {
            await TrialDispatcher.RingAsync(client, segment.Experiment, ExperimentOrchestrator.Doorbell, segment.InstanceId, cancellation);
        }

        return known is not null ? known
            : wait ? await DecisionAsync(segment, step, cancellation) : new(DirectiveAction.Continue, step + 1);
    }

    /// <summary>Takes in that a segment saved its state, and rings the doorbell: the next turn says which older states can go.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task TakeCheckpointAsync(DurableTaskClient client, SegmentId segment, Checkpoint checkpoint, CancellationToken cancellation)
    {
        TrialCheckpointed saved = new(segment.CheckpointEventId(checkpoint), segment.Trial, segment.Segment, checkpoint);
        await inbox.PostAsync(segment.Experiment, saved, cancellation);
        await TrialDispatcher.RingAsync(client, segment.Experiment, ExperimentOrchestrator.Doorbell, segment.InstanceId, cancellation);
    }

    /// <summary>Takes in that the program of a segment begins, and rings the doorbell: from now on money runs.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task TakeBeginAsync(DurableTaskClient client, SegmentId segment, int attempt, CancellationToken cancellation)
    {
        SegmentBegan began = new(segment.BeginEventId(attempt), segment.Trial, segment.Segment, time.GetUtcNow());
        await inbox.PostAsync(segment.Experiment, began, cancellation);
        await TrialDispatcher.RingAsync(client, segment.Experiment, ExperimentOrchestrator.Doorbell, segment.InstanceId, cancellation);
    }

    /// <summary>Takes in where an attempt began.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public Task TakeRestoreAsync(SegmentId segment, int attempt, long step, string text, CancellationToken cancellation) => inbox.PostAsync(
        segment.Experiment, new TrialRestored(segment.RestoreEventId(attempt), segment.Trial, segment.Segment, step, text), cancellation);

    private async Task<TrialDirective> DecisionAsync(SegmentId segment, long step, CancellationToken cancellation)
    {
        DateTimeOffset latest = time.GetUtcNow() + LongestWait;
        for (TimeSpan pause = FirstPause; time.GetUtcNow() < latest; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, time, cancellation);
            if ((await trials.ReadAsync(segment.Experiment, segment.Trial, cancellation)).DirectiveAt(segment.Segment, step) is { } decided)
            {
                return decided;
            }
        }

        return new(DirectiveAction.Continue, step);
    }
}
