namespace HpoServerless.Engine.Experiments;

/// <summary>When programs that can save themselves do so, and how much of it is kept.</summary>
public sealed record CheckpointRules
{
    /// <summary>Steps between checkpoints; 0: they are not counted.</summary>
    public int Every { get; init; }

    /// <summary>Seconds after which the next step is followed by a checkpoint; 0: time does not count.</summary>
    public double EverySeconds { get; init; } = 300;

    /// <summary>How many checkpoints of a trial are kept while it has not ended, at least 1: what is older than the newest is for the case that the newest is damaged.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>Whether the newest checkpoint of a completed trial is kept for good. Those of other trials go when they end.</summary>
    public bool KeepCompleted { get; init; } = true;
}
