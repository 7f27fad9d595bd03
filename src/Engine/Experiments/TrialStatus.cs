namespace HpoServerless.Engine.Experiments;

/// <summary>Where a trial stands.</summary>
public enum TrialStatus
{
    /// <summary>A segment of it was started and has not ended.</summary>
    Running,

    /// <summary>It waits, at a checkpoint, for the decision to go on.</summary>
    Paused,

    /// <summary>It ran as far as it should and has a value.</summary>
    Completed,

    /// <summary>It ended without a usable value; its error says why.</summary>
    Failed,

    /// <summary>It was ended early; its reason says by whom and why.</summary>
    Stopped,
}
