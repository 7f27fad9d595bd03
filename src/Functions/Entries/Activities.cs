using System.Diagnostics;
using HpoServerless.Functions.Telemetry;
using HpoServerless.Orchestrations;
using HpoServerless.Orchestrations.Telemetry;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Entries;

/// <summary>The activities under their durable names, each in a span and a log scope of what it is about.</summary>
public sealed class Activities(
    AdvanceExperiment advance, SubmitSegment submit, PollSegment poll, CollectSegment collect, CancelSegment cancel, ILogger<Activities> logger)
{
    /// <inheritdoc cref="AdvanceExperiment"/>
    [Function(nameof(AdvanceExperiment))]
    public async Task<TurnReceipt> AdvanceAsync([ActivityTrigger] AdvanceRequest request, CancellationToken cancellation)
    {
        using IDisposable? scope = logger.OfExperiment(request.ExperimentId);
        using Activity? span = Spans.OfExperiment("advance experiment", request.ExperimentId);
        TurnReceipt receipt = await span.FollowAsync(advance.RunAsync(request, cancellation));
        span?.SetTag("hpo.turn", receipt.NextTurn - 1);
        return receipt;
    }

    /// <inheritdoc cref="SubmitSegment"/>
    [Function(nameof(SubmitSegment))]
    public Task<string?> SubmitAsync([ActivityTrigger] SegmentRun run, CancellationToken cancellation) =>
        RunAsync("submit segment", run, () => submit.RunAsync(run, cancellation));

    /// <inheritdoc cref="PollSegment"/>
    [Function(nameof(PollSegment))]
    public Task<SegmentProgress> PollAsync([ActivityTrigger] SegmentRun run, CancellationToken cancellation) =>
        RunAsync("poll segment", run, () => poll.RunAsync(run, cancellation));

    /// <inheritdoc cref="CollectSegment"/>
    [Function(nameof(CollectSegment))]
    public Task<bool> CollectAsync([ActivityTrigger] SegmentRun run, CancellationToken cancellation) =>
        RunAsync("collect segment", run, () => collect.RunAsync(run, cancellation));

    /// <inheritdoc cref="CancelSegment"/>
    [Function(nameof(CancelSegment))]
    public async Task CancelAsync([ActivityTrigger] SegmentRun run, CancellationToken cancellation)
    {
        using IDisposable? scope = logger.OfSegment(run.Segment);
        using Activity? span = Spans.OfRun("cancel segment", run);
        await span.FollowAsync(cancel.RunAsync(run, cancellation));
    }

    private async Task<T> RunAsync<T>(string name, SegmentRun run, Func<Task<T>> body)
    {
        using IDisposable? scope = logger.OfSegment(run.Segment);
        using Activity? span = Spans.OfRun(name, run);
        return await span.FollowAsync(body());
    }
}
