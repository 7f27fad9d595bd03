using System.Collections.Immutable;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Ports;

/// <summary>Carries the messages of a turn to whoever runs trials. At least once, in no order.</summary>
public interface ITrialQueue
{
    /// <summary>Sends messages.</summary>
    /// <exception cref="Errors.UnavailableException">The queue does not answer; some messages may have been sent.</exception>
    Task SendAsync(ImmutableArray<TrialMessage> messages, CancellationToken cancellation);
}

/// <summary>A segment is to be started or told something.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Segment">With which segment.</param>
public sealed record TrialMessage(TrialMessageKind Kind, SegmentId Segment)
{
    /// <summary>With <see cref="TrialMessageKind.Start"/>: the site that runs the segment; null for the experiment's own.</summary>
    public string? Site { get; init; }

    /// <summary>When it was sent, where that is measured; null otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>W3C name of the span that sent it (<c>traceparent</c>); null where none was recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Trace { get; init; }
}

/// <summary>What a message asks for.</summary>
public enum TrialMessageKind
{
    /// <summary>Start the segment.</summary>
    Start,

    /// <summary>The running segment was told to pause or stop, and may not have noticed.</summary>
    Interrupt,
}
