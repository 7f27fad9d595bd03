using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Orchestrations;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost;

/// <summary>Brings what executors of this process hear from trials to the experiment.</summary>
internal sealed class SegmentEvents(ReportIntake intake, DurableTaskClient client) : ISegmentEvents
{
    public Task BeganAsync(SegmentId segment, int attempt, CancellationToken cancellation) => intake.TakeBeginAsync(client, segment, attempt, cancellation);

    public Task<TrialDirective> ReportAsync(SegmentId segment, ImmutableArray<Report> reports, bool wait, CancellationToken cancellation) =>
        intake.TakeAsync(client, segment, reports, wait, cancellation);

    public Task CheckpointedAsync(SegmentId segment, Checkpoint checkpoint, CancellationToken cancellation) =>
        intake.TakeCheckpointAsync(client, segment, checkpoint, cancellation);

    public Task RestoredAsync(SegmentId segment, int attempt, long step, string text, CancellationToken cancellation) =>
        intake.TakeRestoreAsync(segment, attempt, step, text, cancellation);

    public Task EndedAsync(SegmentId segment, CancellationToken cancellation) =>
        client.RaiseEventAsync(segment.InstanceId, TrialOrchestrator.Ended, string.Empty, cancellation);
}
