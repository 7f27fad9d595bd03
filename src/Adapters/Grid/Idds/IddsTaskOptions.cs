using System.Collections.Immutable;

namespace HpoServerless.Adapters.Grid.Idds;

/// <summary>How a search of iDDS is submitted, beyond what its project says.</summary>
public sealed record IddsTaskOptions
{
    /// <summary>Name of the task and its output dataset, without a slash at the end.</summary>
    public required string TaskName { get; init; }

    /// <summary>Image in which points are evaluated; it has <c>hpo</c> and Python.</summary>
    public required string Container { get; init; }

    /// <summary>Docker image in which points are generated; it has <c>hpo</c>.</summary>
    public required string SteeringImage { get; init; }

    /// <summary>Sites to choose from; empty for any.</summary>
    public ImmutableArray<string> Sites { get; init; } = [];

    /// <summary>How many points a generation has; at least 1.</summary>
    public required int PointsPerGeneration { get; init; }

    /// <summary>Source of the search's randomness.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Most evaluation jobs, repeated ones included; null for twice the points.</summary>
    public int? MaxJobs { get; init; }

    /// <summary>The virtual organisation.</summary>
    public string Vo { get; init; } = "atlas";

    /// <summary>PanDA's architecture; empty for any.</summary>
    public string Architecture { get; init; } = string.Empty;
}
