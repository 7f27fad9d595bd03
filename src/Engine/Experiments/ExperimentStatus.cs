namespace HpoServerless.Engine.Experiments;

/// <summary>Where an experiment stands.</summary>
public enum ExperimentStatus
{
    /// <summary>Trials are started and evaluated.</summary>
    Running,

    /// <summary>Nothing new is started until somebody resumes it.</summary>
    Paused,

    /// <summary>It is ending: it waits for its running trials to stop.</summary>
    Stopping,

    /// <summary>It did what it was defined to do. Some trials may have failed.</summary>
    Succeeded,

    /// <summary>It ended without a result: every trial failed, or too many did.</summary>
    Failed,

    /// <summary>Somebody stopped it.</summary>
    Stopped,
}
