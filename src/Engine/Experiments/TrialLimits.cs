using System.Collections.Immutable;

namespace HpoServerless.Engine.Experiments;

/// <summary>What one segment of a trial may use.</summary>
public sealed record TrialLimits
{
    /// <summary>Longest run of one segment; null means unlimited.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Memory that a trial may take beyond its interpreter, in MiB; null means unlimited.</summary>
    public int? MemoryMiB { get; init; }

    /// <summary>Largest log kept of one trial, in MiB.</summary>
    public int LogMiB { get; init; } = 16;

    /// <summary>How often a segment is started again when the infrastructure lost it. Failures of the script itself are never retried.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>How long a program that was told to stop may go on before it is killed; null means the executor's default.</summary>
    public TimeSpan? StopGrace { get; init; }

    /// <summary>What it asks its site for, by name (<c>cpu</c>, <c>gpu</c>); null for what the site gives by itself. Sites that give out nothing do not look at it.</summary>
    public ImmutableSortedDictionary<string, double>? Resource { get; init; }

    /// <summary>Whether every trial gets a fresh process.</summary>
    public bool Isolate { get; init; }
}
