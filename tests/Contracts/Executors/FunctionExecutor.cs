using System.Collections.Concurrent;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Contracts.Executors;

/// <summary>Runs every segment as a function of this process.</summary>
/// <param name="events">Is told what segments report and that they ended.</param>
/// <param name="run">The program of all segments.</param>
public sealed class FunctionExecutor(ISegmentEvents events, Func<SegmentWork, CancellationToken, Task<SegmentOutcome>> run) : ITrialExecutor
{
    private readonly ConcurrentDictionary<SegmentId, Lazy<Run>> _runs = new();
    private int _started;

    public string Site { get; init; } = "local";

    /// <summary>How many runs were begun.</summary>
    public int Started => _started;

    /// <summary>An executor whose trials report the value of a function once and end.</summary>
    public static FunctionExecutor Of(ISegmentEvents events, Func<SegmentWork, double> objective) =>
        new(events, (work, _) => Task.FromResult(Completed(work, ("loss", objective(work)))));

    /// <summary>A segment that ran to its end after one report.</summary>
    public static SegmentOutcome Completed(SegmentWork work, params (string Name, double Value)[] metrics) => new()
    {
        Status = SegmentStatus.Completed,
        Reports = [new Report(1, new Metrics(metrics.Select(m => KeyValuePair.Create(m.Name, m.Value))), DateTimeOffset.UnixEpoch)],
        Site = "local",
        Attempts = work.Attempt + 1,
    };

    /// <summary>A segment that ended without reports.</summary>
    public static SegmentOutcome Ended(SegmentStatus status, string? error = null) => new() { Status = status, Error = error, Site = "local" };

    public Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        Run started = _runs.AddOrUpdate(
            work.Segment,
            _ => new(() => Begin(work)),
            (_, known) => known.Value.Attempt < work.Attempt ? new(() => Begin(work)) : known).Value;
        return Task.FromResult($"{work.Segment}#{started.Attempt}");
    }

    public async Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation) =>
        !_runs.TryGetValue(segment, out Lazy<Run>? known) ? Ended(SegmentStatus.Lost, "the executor does not know it")
        : known.Value.Outcome.IsCompleted ? await known.Value.Outcome
        : null;

    /// <summary>How many segments it says that it can run.</summary>
    public int? Slots { get; set; }

    public Task<int?> SlotsAsync(CancellationToken cancellation) => Task.FromResult(Slots);

    public Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation) =>
        _runs.TryGetValue(segment, out Lazy<Run>? known) ? known.Value.Stopping.CancelAsync() : Task.CompletedTask;

    public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        _runs.TryRemove(segment, out _);
        return Task.CompletedTask;
    }

    /// <summary>Experiments of which it was told that they have ended, in order.</summary>
    public ConcurrentQueue<string> Finished { get; } = new();

    public Task FinishAsync(string experiment, CancellationToken cancellation)
    {
        Finished.Enqueue(experiment);
        return Task.CompletedTask;
    }

    /// <summary>Happens while an experiment is removed from the site.</summary>
    public Func<string, Task> Removing { get; init; } = static _ => Task.CompletedTask;

    public async Task RemoveAsync(string experiment, CancellationToken cancellation)
    {
        foreach (SegmentId segment in _runs.Keys.Where(s => s.Experiment == experiment))
        {
            _runs.TryRemove(segment, out _);
        }

        await Removing(experiment);
    }

    private Run Begin(SegmentWork work)
    {
        Interlocked.Increment(ref _started);
        CancellationTokenSource stopping = new();
        Task<SegmentOutcome> outcome = Task.Run(() => RunAsync(work, stopping.Token));
        _ = TellAsync(work.Segment, outcome);
        return new(work.Attempt, stopping, outcome);
    }

    private async Task<SegmentOutcome> RunAsync(SegmentWork work, CancellationToken stopping)
    {
        try
        {
            return await run(work, stopping);
        }
        catch (OperationCanceledException)
        {
            return Ended(SegmentStatus.Stopped);
        }
    }

    private async Task TellAsync(SegmentId segment, Task<SegmentOutcome> outcome)
    {
        await outcome;
        await events.EndedAsync(segment, CancellationToken.None);
    }

    private sealed record Run(int Attempt, CancellationTokenSource Stopping, Task<SegmentOutcome> Outcome);
}
