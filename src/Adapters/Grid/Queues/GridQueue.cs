using System.Collections.Immutable;

namespace HpoServerless.Adapters.Grid.Queues;

/// <summary>A queue of the grid, as the information system describes it.</summary>
/// <param name="Name">Its name, which <c>site</c> of <c>grid_config</c> takes.</param>
/// <param name="Fields">All that is said of it, as text; null where nothing is said.</param>
public sealed record GridQueue(string Name, ImmutableSortedDictionary<string, string?> Fields)
{
    /// <summary>Whether it takes jobs.</summary>
    public bool IsActive => string.Equals(this["state"], "ACTIVE", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether its nodes have GPUs.</summary>
    public bool HasGpu => (this["panda_resource"] ?? Name).Contains("GPU", StringComparison.OrdinalIgnoreCase);

    /// <summary>What it is for: analysis, production or unified.</summary>
    public string? Type => this["type"];

    /// <summary>What is said of it under a name; null for nothing.</summary>
    public string? this[string field] => Fields.GetValueOrDefault(field);
}
