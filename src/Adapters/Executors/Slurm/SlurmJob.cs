using System.Collections.Frozen;

namespace HpoServerless.Adapters.Executors.Slurm;

/// <summary>A job as the cluster shows it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">Its state, such as <c>RUNNING</c>.</param>
internal sealed record SlurmJob(long Id, string Name, string State)
{
    private static readonly FrozenSet<string> Ends = new[]
    {
        "COMPLETED", "FAILED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "CANCELLED", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "REVOKED",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Exit code of its script; null where nobody said.</summary>
    public int? Code { get; init; }

    /// <summary>Signal that its script died of; 0 for none.</summary>
    public int Signal { get; init; }

    /// <summary>When it began to run; null where it did not.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why the cluster says it is as it is.</summary>
    public string? Reason { get; init; }

    public bool HasEnded => Ends.Contains(State);
}
