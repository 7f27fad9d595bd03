using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Orchestrations;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Services;

/// <summary>Takes what trials tell by HTTP.</summary>
public sealed class TrialService(ReportIntake intake, IInbox inbox)
{
    /// <summary>Takes reports.</summary>
    /// <returns>What the trial does next.</returns>
    public Task<TrialDirective> ReportAsync(DurableTaskClient client, string experiment, int trial, TrialReportRequest request, CancellationToken cancellation) =>
        intake.TakeAsync(client, new(experiment, trial, request.Segment), request.Reports, request.Wait, cancellation);

    /// <summary>Takes the end of a segment. The first outcome of a segment counts; later ones change nothing.</summary>
    public async Task EndAsync(DurableTaskClient client, string experiment, int trial, TrialOutcomeRequest request, CancellationToken cancellation)
    {
        SegmentId segment = new(experiment, trial, request.Segment);
        await inbox.PostAsync(experiment, new SegmentEnded(segment.EndEventId, trial, request.Segment, request.Outcome), cancellation);
        await TrialDispatcher.RingAsync(client, experiment, ExperimentOrchestrator.Doorbell, segment.InstanceId, cancellation);
        await TrialDispatcher.RingAsync(client, segment.InstanceId, TrialOrchestrator.Ended, TrialOrchestrator.Told, cancellation);
    }
}
