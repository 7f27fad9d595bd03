using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>A segment on the grid: one task, and one more each time that it was told to go on.</summary>
internal sealed class PandaRun(SegmentId segment, PandaHandle handle)
{

    public SegmentId Segment { get; } = segment;

    /// <summary>Its first task: what everybody knows it by.</summary>
    public PandaHandle Handle { get; } = handle;

    /// <summary>Only one looks after it at a time.</summary>
    public SemaphoreSlim One { get; } = new(1);

    /// <summary>What it does now; null where it was begun by another process.</summary>
    public SegmentWork? Work { get; set; }

    /// <summary>Its present task.</summary>
    public long Task { get; set; } = handle.Task;

    /// <summary>Key of its present task.</summary>
    public string Key { get; set; } = handle.Key;

    /// <summary>When its present task was submitted.</summary>
    public DateTimeOffset Began { get; set; } = handle.Began;

    /// <summary>When its present task was first seen to have ended.</summary>
    public DateTimeOffset? EndedSince { get; set; }

    /// <summary>What its present task left, once that was fetched.</summary>
    public PandaResult? Result { get; set; }

    /// <summary>Whether the states and the log of <see cref="Result"/> are where they belong.</summary>
    public bool IsKept { get; set; }

    /// <summary>When its first program began.</summary>
    public DateTimeOffset? FirstBegan { get; set; }

    /// <summary>Highest step that was told while it ran.</summary>
    public long ToldStep { get; set; }

    /// <summary>How many jobs of its tasks failed and were run again by the grid itself, where it may do that.</summary>
    public int JobsBefore { get; set; }

    /// <summary>When somebody asked for its task by itself last.</summary>
    public DateTimeOffset LookedUpAt { get; set; }

    /// <summary>How it was told to end; null where it was not.</summary>
    public InterruptKind? Interrupt { get; set; }

    /// <summary>Ends the waiting for a decision.</summary>
    public CancellationTokenSource? Asking { get; set; }

    /// <summary>How it ended; null while it has not.</summary>
    public SegmentOutcome? Outcome { get; private set; }

    /// <summary>Whether its end was told, or is being told.</summary>
    public bool Told { get; set; }

    /// <summary>Says how it ended. What was said first counts.</summary>
    public void End(SegmentOutcome outcome)
    {
        Outcome ??= outcome;
    }
}
