using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>What is known of one task.</summary>
internal sealed class WatchedTask
{
    /// <summary>The last state that the service told; null where it has told none.</summary>
    public BatchTask? State { get; set; }

    /// <summary>When it was added from here, where no listing has shown it since.</summary>
    public DateTimeOffset? AddedAt { get; set; }

    /// <summary>The segment that it runs, once somebody here has asked for it.</summary>
    public SegmentId? Segment { get; set; }

    /// <summary>How it was told to end from here; null where it was not.</summary>
    public InterruptKind? Interrupt { get; set; }

    /// <summary>What it had when it was terminated from here; null where it was not.</summary>
    public TimeSpan? Terminated { get; set; }

    /// <summary>Ends its grace.</summary>
    public ITimer? Grace { get; set; }

    /// <summary>How it ended, once somebody asked.</summary>
    public SegmentOutcome? Outcome { get; set; }

    /// <summary>Whether its end was told.</summary>
    public bool Told { get; set; }

    public bool IsCompleted => State is { IsCompleted: true };
}
