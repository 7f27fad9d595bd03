namespace HpoServerless.Adapters.Executors;

/// <summary>What a host asks of harnesses elsewhere, where an experiment does not say.</summary>
public sealed record ElsewhereRules
{
    /// <summary>How long a program that was told to stop may take to end by itself.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a program that was told to pause may take to save itself and end.</summary>
    public TimeSpan PauseGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest checkpoint that is taken.</summary>
    public required long MaxCheckpointBytes { get; init; }
}
