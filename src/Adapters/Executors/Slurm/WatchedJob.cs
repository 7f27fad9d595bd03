using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Slurm;

/// <summary>What this host knows of a job.</summary>
internal sealed class WatchedJob(SegmentId segment, SlurmHandle handle)
{
    public SegmentId Segment => segment;

    public SlurmHandle Handle => handle;

    /// <summary>How it ended; null while it did not.</summary>
    public SegmentOutcome? Outcome { get; set; }

    /// <summary>How it was told to end from here; null where it was not.</summary>
    public InterruptKind? Interrupt { get; set; }

    /// <summary>When it is cancelled, if it has not ended by then; null for never.</summary>
    public DateTimeOffset? CancelAt { get; set; }

    /// <summary>The grace after which it was cancelled; null where it was not.</summary>
    public TimeSpan? Cancelled { get; set; }

    /// <summary>What it is granted.</summary>
    public TimeSpan Grace { get; set; }
}
