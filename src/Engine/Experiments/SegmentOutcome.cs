using System.Collections.Immutable;

namespace HpoServerless.Engine.Experiments;

/// <summary>How a segment ended.</summary>
public sealed record SegmentOutcome
{
    /// <summary>What kind of end it was.</summary>
    public required SegmentStatus Status { get; init; }

    /// <summary>Reports that were not posted before, by ascending step.</summary>
    public ImmutableArray<Report> Reports { get; init; } = [];

    /// <summary>With <see cref="SegmentStatus.Failed"/> and <see cref="SegmentStatus.Lost"/>: type and message of the error.</summary>
    public string? Error { get; init; }

    /// <summary>Why it ended, for people (for example which stop key was reached).</summary>
    public string? Reason { get; init; }

    /// <summary>What did not go as it should although it ended as it was told (it had to be killed, or could not save itself), for people; null otherwise.</summary>
    public string? Remark { get; init; }

    /// <summary>Where it ran.</summary>
    public required string Site { get; init; }

    /// <summary>How often it was started.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>When the program started.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When the program ended.</summary>
    public DateTimeOffset EndedAt { get; init; }
}

/// <summary>Kinds of end of a segment.</summary>
public enum SegmentStatus
{
    /// <summary>The program ran to its end.</summary>
    Completed,

    /// <summary>The program failed: an error, an exit code, a limit.</summary>
    Failed,

    /// <summary>It was told to stop, and did.</summary>
    Stopped,

    /// <summary>It was told to pause, and saved its state.</summary>
    Paused,

    /// <summary>The infrastructure lost it; the program is not to blame.</summary>
    Lost,
}
