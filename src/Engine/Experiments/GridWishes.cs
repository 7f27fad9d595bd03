using System.Collections.Immutable;

namespace HpoServerless.Engine.Experiments;

/// <summary>What a project asks of a grid. Where it says nothing, the site's own options count; sites that are no grid do not look at it.</summary>
public sealed record GridWishes
{
    /// <summary>Names of the grid's queues to choose from; empty for the site's.</summary>
    public ImmutableArray<string> Sites { get; init; } = [];

    /// <summary>Container image; null for the site's.</summary>
    public string? Container { get; init; }

    /// <summary>Whether the grid itself runs failed jobs again.</summary>
    public bool Retry { get; init; }

    /// <summary>Input dataset; null for the site's.</summary>
    public string? InDS { get; init; }

    /// <summary>What names of tasks begin with, with <c>{HPO_PROJECT_NAME}</c> for the project's name; null for the site's.</summary>
    public string? OutDS { get; init; }
}
