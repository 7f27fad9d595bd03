using HpoServerless.Orchestrations;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Functions.Entries;

/// <summary>The activities under their durable names.</summary>
public sealed class Activities(AdvanceExperiment advance, SubmitSegment submit, PollSegment poll, CollectSegment collect, CancelSegment cancel)
{
    /// <inheritdoc cref="AdvanceExperiment"/>
    [Function(nameof(AdvanceExperiment))]
    public Task<TurnReceipt> AdvanceAsync([ActivityTrigger] AdvanceRequest request, CancellationToken cancellation) => advance.RunAsync(request, cancellation);

    /// <inheritdoc cref="SubmitSegment"/>
    [Function(nameof(SubmitSegment))]
    public Task<string?> SubmitAsync([ActivityTrigger] SegmentRun run, CancellationToken cancellation) => submit.RunAsync(run, cancellation);

    /// <inheritdoc cref="PollSegment"/>
    [Function(nameof(PollSegment))]
    public Task<SegmentProgress> PollAsync([ActivityTrigger] SegmentRun run, CancellationToken cancellation) => poll.RunAsync(run, cancellation);

    /// <inheritdoc cref="CollectSegment"/>
    [Function(nameof(CollectSegment))]
    public Task<bool> CollectAsync([ActivityTrigger] SegmentRun run, CancellationToken cancellation) => collect.RunAsync(run, cancellation);

    /// <inheritdoc cref="CancelSegment"/>
    [Function(nameof(CancelSegment))]
    public Task CancelAsync([ActivityTrigger] SegmentRun run, CancellationToken cancellation) => cancel.RunAsync(run, cancellation);
}
