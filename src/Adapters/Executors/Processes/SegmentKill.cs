namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Why the host killed a worker.</summary>
internal enum SegmentKill
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The program ran too long.</summary>
    TimeLimit,

    /// <summary>The program was told to stop and did not.</summary>
    Interrupted,

    /// <summary>The program was told to pause and did not.</summary>
    PausedTooSlowly,

    /// <summary>Nobody wants the outcome: the host ends, or the segment was forgotten.</summary>
    Abandoned,
}
