using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Executors.Workers;

/// <summary>Puts segments on the board of its site, where workers, programs or people fetch them.</summary>
/// <remarks>Everything is in the rows of the board: any process can ask how a segment stands, and a host that comes back finds all as it was.</remarks>
public sealed class WorkerExecutor : ITrialExecutor, IAsyncDisposable
{
    private static readonly TimeSpan LongestSweep = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _ending = new();
    private readonly ISegmentEvents? _events;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _sweeping;

    /// <param name="options">The site.</param>
    /// <param name="rows">Where its board is.</param>
    /// <param name="events">Hears that segments ended without their workers saying so; null: whoever waits polls.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    /// <exception cref="InvalidInputException">The options have faults; lists all of them.</exception>
    public WorkerExecutor(WorkersOptions options, IRowStore rows, ISegmentEvents? events, TimeProvider time, ILogger<WorkerExecutor>? logger = null)
    {
        Board = new(options, rows, time);
        _events = events;
        _time = time;
        _logger = logger ?? NullLogger<WorkerExecutor>.Instance;
        _sweeping = events is null ? Task.CompletedTask : Task.Run(SweepAsync);
    }

    /// <inheritdoc/>
    public string Site => Board.Options.Site;

    /// <summary>Where the segments wait.</summary>
    public WorkerBoard Board { get; }

    /// <inheritdoc/>
    public async Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        BoardSegment posted = new(work.Segment, work.Attempt, _time.GetUtcNow()) { StopGrace = work.Definition.Limits.StopGrace };
        BoardSegment? now = await Board.Rows.ChangeAsync(work.Segment, known => known is null || known.Attempt < work.Attempt ? posted : known, cancellation);
        Board.Ring();
        return HandleOf(now!.Attempt);
    }

    /// <inheritdoc/>
    public async Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        if (await Board.Rows.FindAsync(segment, cancellation) is not { } known || HandleOf(known.Attempt) != handle)
        {
            return new() { Status = SegmentStatus.Lost, Error = $"the site {Site} does not know it", Site = Site, Attempts = 0 };
        }

        if (!known.IsLeased)
        {
            return known.Outcome;
        }

        Board board = await Board.Rows.ListAsync(cancellation);
        if (Board.Judge.OutcomeOf(known, board) is null)
        {
            return null;
        }

        known = await Board.Rows.ChangeAsync(
            segment, now => now is { IsLeased: true } && Board.Judge.OutcomeOf(now, board) is { } outcome ? BoardJudge.Over(now, outcome) : now, cancellation);
        return known?.Outcome;
    }

    /// <inheritdoc/>
    /// <remarks>What nobody has yet ends at once. A worker asks every few seconds; where it does not end the segment within its grace and the time of a heartbeat, it loses it.</remarks>
    public async Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation)
    {
        bool ended = false;
        await Board.Rows.ChangeAsync(
            segment,
            known =>
            {
                ended = false;
                if (known is null || known.Outcome is not null || HandleOf(known.Attempt) != handle || known.Interrupt == kind || known.Interrupt == InterruptKind.Stop)
                {
                    return known;
                }

                if (known.IsWaiting || Board.Options.IsPassive)
                {
                    ended = true;
                    return BoardJudge.Over(known with { Interrupt = kind }, Board.Judge.Ended(known, kind, known.IsWaiting ? "interrupted before it started" : "interrupted"));
                }

                TimeSpan grace = kind == InterruptKind.Pause ? Board.Options.PauseGrace : known.StopGrace ?? Board.Options.StopGrace;
                return known with { Interrupt = kind, InterruptedUntil = _time.GetUtcNow() + grace + Board.Options.PollEvery + Board.Options.HeartbeatTimeout };
            },
            cancellation);
        if (ended)
        {
            await TellAsync(segment, cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task<int?> SlotsAsync(CancellationToken cancellation) => await Board.SlotsAsync(experiment: null, cancellation);

    /// <inheritdoc/>
    /// <remarks>Workers of other experiments do not count.</remarks>
    public async Task<int?> SlotsAsync(string experiment, ExperimentDefinition definition, CancellationToken cancellation) => await Board.SlotsAsync(experiment, cancellation);

    /// <inheritdoc/>
    public async Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        if (await Board.Rows.FindAsync(segment, cancellation) is { } known && HandleOf(known.Attempt) == handle)
        {
            await Board.Rows.RemoveAsync(segment, cancellation);
        }
    }

    /// <inheritdoc/>
    public Task FinishAsync(string experiment, CancellationToken cancellation) => Board.FinishAsync(experiment, cancellation);

    /// <inheritdoc/>
    public async Task RemoveAsync(string experiment, CancellationToken cancellation)
    {
        await Board.FinishAsync(experiment, cancellation);
        foreach (BoardSegment segment in (await Board.Rows.ListAsync(cancellation)).Segments.Select(row => row.Value).Where(segment => segment.Segment.Experiment == experiment))
        {
            await Board.Rows.RemoveAsync(segment.Segment, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_ending.IsCancellationRequested)
        {
            await _ending.CancelAsync();
            await _sweeping;
            _ending.Dispose();
            Board.Dispose();
        }
    }

    private static string HandleOf(int attempt) => string.Create(CultureInfo.InvariantCulture, $"a{attempt}");

    private Task TellAsync(SegmentId segment, CancellationToken cancellation) => _events?.EndedAsync(segment, cancellation) ?? Task.CompletedTask;

    private async Task SweepAsync()
    {
        TimeSpan every = Board.Options.HeartbeatTimeout / 4;
        using PeriodicTimer timer = new(every < LongestSweep ? every : LongestSweep, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token))
            {
                await SweepOnceAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The host ends.
        }
    }

    private async Task SweepOnceAsync()
    {
        try
        {
            foreach (SegmentId ended in await Board.SweepAsync(_ending.Token))
            {
                WorkerExecutorLog.Lost(_logger, ended, Site);
                await TellAsync(ended, _ending.Token);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            WorkerExecutorLog.NotSwept(_logger, Site, error);
        }
    }
}
