using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Workers;

/// <summary>Says how segments ended whose workers did not say it.</summary>
/// <param name="options">The site.</param>
/// <param name="time">The clock.</param>
internal sealed class BoardJudge(WorkersOptions options, TimeProvider time)
{
    private const int LongestText = 4000;

    private readonly DateTimeOffset _opened = time.GetUtcNow();

    private DateTimeOffset Now => time.GetUtcNow();

    /// <summary>How a leased segment has ended, though its worker has not said so; null where it has not.</summary>
    public SegmentOutcome? OutcomeOf(BoardSegment segment, Board board)
    {
        if (!board.IsHeld(segment, Now) && _opened + options.HeartbeatTimeout < Now) // while the host was away nobody could be heard of
        {
            return Lost(segment, board.Workers.TryGetValue(segment.Worker!, out Versioned<WorkerRecord>? lost)
                ? FormattableString.Invariant($"its worker {lost.Value.Name} on {lost.Value.Host} was not heard of since {lost.Value.LastSeen:u}")
                : "its worker is gone");
        }

        return segment.Interrupt is { } kind && segment.InterruptedUntil < Now ? Ended(segment, kind, "its worker did not end it in time, and lost its lease") : null;
    }

    /// <summary>The outcome of a segment that was told to end.</summary>
    public SegmentOutcome Ended(BoardSegment segment, InterruptKind kind, string reason) => Draft(segment) with
    {
        Status = kind == InterruptKind.Pause ? SegmentStatus.Paused : SegmentStatus.Stopped,
        Reason = reason,
    };

    /// <summary>The outcome of a segment that its worker could not run to an end.</summary>
    public SegmentOutcome Lost(BoardSegment segment, string error) => Draft(segment) with { Error = Short(error) };

    /// <summary>A segment that ended without its worker saying so: the lease is over.</summary>
    public static BoardSegment Over(BoardSegment segment, SegmentOutcome outcome) => segment with { Outcome = outcome, Lease = null };

    /// <summary>An outcome whose texts fit in a row.</summary>
    public static SegmentOutcome Short(SegmentOutcome outcome) => outcome with { Error = Short(outcome.Error), Reason = Short(outcome.Reason) };

    private static string? Short(string? text) => text?.Length > LongestText ? text[..LongestText] : text;

    private SegmentOutcome Draft(BoardSegment segment) => new()
    {
        Status = SegmentStatus.Lost,
        Site = options.Site,
        Attempts = segment.Attempt + (segment.Lease is null ? 0 : 1),
        StartedAt = segment.Lease is null ? Now : segment.LeasedAt,
        EndedAt = Now,
    };
}
