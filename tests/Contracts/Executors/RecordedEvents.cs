using System.Collections.Concurrent;
using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Contracts.Executors;

/// <summary>Remembers what executors tell, and answers reports as the test says.</summary>
public sealed class RecordedEvents : ISegmentEvents
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly ConcurrentDictionary<SegmentId, TaskCompletionSource> _ended = new();
    private readonly ConcurrentDictionary<SegmentId, TaskCompletionSource> _reported = new();
    private readonly ConcurrentDictionary<(SegmentId Segment, long Step), TaskCompletionSource> _saved = new();
    private readonly ConcurrentQueue<(SegmentId Segment, Report Report)> _reports = new();

    /// <summary>Answers a report. By default the program goes on and never asks again.</summary>
    public Func<ImmutableArray<Report>, bool, CancellationToken, Task<TrialDirective>> Answer { get; set; } =
        (_, _, _) => Task.FromResult(new TrialDirective(DirectiveAction.Continue));

    /// <summary>Ends told so far, in order.</summary>
    public ConcurrentQueue<SegmentId> Ends { get; } = new();

    /// <summary>Reports of a segment that were told while it ran.</summary>
    public ImmutableArray<Report> ReportsOf(SegmentId segment) => [.. _reports.Where(r => r.Segment == segment).Select(r => r.Report)];

    /// <summary>Waits until a segment's end was told.</summary>
    public Task EndOf(SegmentId segment) => Source(_ended, segment).Task.WaitAsync(Patience);

    /// <summary>Waits until a segment has reported while it ran.</summary>
    public Task FirstReportOf(SegmentId segment) => Source(_reported, segment).Task.WaitAsync(Patience);

    /// <summary>Segments whose begin was told.</summary>
    public ConcurrentQueue<SegmentId> Begins { get; } = new();

    public Task BeganAsync(SegmentId segment, int attempt, CancellationToken cancellation)
    {
        Begins.Enqueue(segment);
        return Task.CompletedTask;
    }

    public async Task<TrialDirective> ReportAsync(SegmentId segment, ImmutableArray<Report> reports, bool wait, CancellationToken cancellation)
    {
        Source(_reported, segment).TrySetResult();
        TrialDirective directive = await Answer(reports, wait, cancellation);
        foreach (Report report in reports)
        {
            _reports.Enqueue((segment, report));
        }

        return directive;
    }

    /// <summary>Checkpoints told so far, in order.</summary>
    public ConcurrentQueue<(SegmentId Segment, Checkpoint Checkpoint)> Checkpoints { get; } = new();

    /// <summary>Where attempts began, in order.</summary>
    public ConcurrentQueue<(SegmentId Segment, int Attempt, long Step, string Text)> Restores { get; } = new();

    /// <summary>Checkpoints of a segment told so far, the newest first.</summary>
    public ImmutableArray<Checkpoint> CheckpointsOf(SegmentId segment) => [.. Checkpoints.Where(c => c.Segment == segment).Select(c => c.Checkpoint).Reverse()];

    /// <summary>Waits until a checkpoint of a segment was told.</summary>
    public Task CheckpointOf(SegmentId segment, long step) => _saved.GetOrAdd((segment, step), _ => NewSource()).Task.WaitAsync(Patience);

    public Task CheckpointedAsync(SegmentId segment, Checkpoint checkpoint, CancellationToken cancellation)
    {
        Checkpoints.Enqueue((segment, checkpoint));
        _saved.GetOrAdd((segment, checkpoint.Step), _ => NewSource()).TrySetResult();
        return Task.CompletedTask;
    }

    public Task RestoredAsync(SegmentId segment, int attempt, long step, string text, CancellationToken cancellation)
    {
        Restores.Enqueue((segment, attempt, step, text));
        return Task.CompletedTask;
    }

    public Task EndedAsync(SegmentId segment, CancellationToken cancellation)
    {
        Ends.Enqueue(segment);
        Source(_ended, segment).TrySetResult();
        return Task.CompletedTask;
    }

    private static TaskCompletionSource Source(ConcurrentDictionary<SegmentId, TaskCompletionSource> sources, SegmentId segment) =>
        sources.GetOrAdd(segment, _ => NewSource());

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
