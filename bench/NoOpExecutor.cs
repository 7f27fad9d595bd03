using System.Collections.Concurrent;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Bench;

/// <summary>Evaluates trials in this process at no cost, so that all time is the system's own.</summary>
internal sealed class NoOpExecutor(ISegmentEvents events) : ITrialExecutor
{
    private readonly ConcurrentDictionary<string, SegmentOutcome> _outcomes = new();

    public string Site => "local";

    public async Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        double loss = work.Configuration.Sum(p => p.Value.TryGetNumber(out double value) ? value : 0);
        _outcomes[work.Segment.InstanceId] = new()
        {
            Status = SegmentStatus.Completed,
            Reports = [new(1, new(new KeyValuePair<string, double>("loss", loss)), now)],
            Site = Site,
            StartedAt = now,
            EndedAt = now,
        };
        await events.EndedAsync(work.Segment, cancellation);
        return work.Segment.InstanceId;
    }

    public Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation) =>
        Task.FromResult(_outcomes.GetValueOrDefault(handle));

    public Task<int?> SlotsAsync(CancellationToken cancellation) => Task.FromResult<int?>(null);

    public Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation) => Task.CompletedTask;

    public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        _outcomes.TryRemove(handle, out _);
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string experiment, CancellationToken cancellation) => Task.CompletedTask;
}
