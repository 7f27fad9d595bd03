using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions.Tests.Batch;

/// <summary>An executor together with the service to which its programs speak: as in an installation, what a program told of its end counts.</summary>
internal sealed class ServedExecutor(ITrialExecutor executor, SegmentService service) : ITrialExecutor
{
    public string Site => executor.Site;

    public Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        service.Begin(work);
        return executor.StartAsync(work, cancellation);
    }

    public async Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation) =>
        service.Settle(segment, await executor.PollAsync(segment, handle, cancellation));

    public Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation)
    {
        service.Interrupt(segment, kind);
        return executor.InterruptAsync(segment, handle, kind, cancellation);
    }

    public Task<int?> SlotsAsync(CancellationToken cancellation) => executor.SlotsAsync(cancellation);

    public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        service.Forget(known => known == segment);
        return executor.ForgetAsync(segment, handle, cancellation);
    }

    public Task RemoveAsync(string experiment, CancellationToken cancellation)
    {
        service.Forget(known => known.Experiment == experiment);
        return executor.RemoveAsync(experiment, cancellation);
    }
}
