using System.Collections.Immutable;

namespace HpoServerless.Engine.Placement;

/// <summary>A site that an experiment may use.</summary>
/// <param name="Name">Name of the site.</param>
public sealed record ExperimentSite(string Name)
{
    /// <summary>How many trials of the experiment may run there at the same time; null: as many as the site takes.</summary>
    public int? Slots { get; init; }

    /// <summary>What an hour of one trial costs there, in whatever currency; at least 0.</summary>
    public double CostPerHour { get; init; }

    /// <summary>What people want to know about it ("gpu", "preemptible").</summary>
    public ImmutableArray<string> Labels { get; init; } = [];
}
