using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Workers;

/// <summary>A segment on the board of a site.</summary>
/// <param name="Segment">Which segment.</param>
/// <param name="Attempt">How often it was started before.</param>
/// <param name="PostedAt">When it came to the board.</param>
public sealed record BoardSegment(SegmentId Segment, int Attempt, DateTimeOffset PostedAt)
{
    /// <summary>Who leased it; null while it waits.</summary>
    public string? Worker { get; init; }

    /// <summary>Names the lease; null where there was none.</summary>
    public string? Lease { get; init; }

    /// <summary>How often it was leased.</summary>
    public int Leases { get; init; }

    /// <summary>When it was leased.</summary>
    public DateTimeOffset LeasedAt { get; init; }

    /// <summary>How it is to end; null where it is to run.</summary>
    public InterruptKind? Interrupt { get; init; }

    /// <summary>When the worker must have ended it at the latest.</summary>
    public DateTimeOffset InterruptedUntil { get; init; }

    /// <summary>What its experiment grants a program that is told to stop; null where it does not say.</summary>
    public TimeSpan? StopGrace { get; init; }

    /// <summary>How it ended; null before. Reports that are in the inbox of the experiment are not repeated here.</summary>
    public SegmentOutcome? Outcome { get; init; }

    /// <summary>Whether it has ended.</summary>
    [JsonIgnore]
    public bool IsOver => Outcome is not null;

    /// <summary>Whether nobody has it, and somebody may.</summary>
    internal bool IsWaiting => Outcome is null && Lease is null;

    /// <summary>Whether somebody has it.</summary>
    internal bool IsLeased => Outcome is null && Lease is not null;
}
