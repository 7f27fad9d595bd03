using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Orchestrations;

/// <summary>Input of a segment's orchestration and of its activities.</summary>
/// <param name="Segment">Which segment.</param>
/// <param name="Attempt">How often it was started before, from 0.</param>
/// <param name="Handle">What the executor calls it; null before it was submitted.</param>
public sealed record SegmentRun(SegmentId Segment, int Attempt = 0, string? Handle = null)
{
    /// <summary>The site that was chosen for it; null for the experiment's own.</summary>
    public string? Site { get; init; }

    /// <summary>Whether the trial told its outcome itself: then only what the site holds of the segment is to be given back.</summary>
    public bool Told { get; init; }

    /// <summary>W3C name of the span that started it (<c>traceparent</c>); null where none was recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Trace { get; init; }
}

/// <summary>Where a submitted segment stands.</summary>
public enum SegmentProgress
{
    /// <summary>It runs, or waits for its turn.</summary>
    Running,

    /// <summary>It ended and its outcome can be collected.</summary>
    Ended,

    /// <summary>The infrastructure lost it, and it may be started again.</summary>
    Lost,
}
