namespace HpoServerless.Adapters.Grid.Monitor;

/// <summary>Which tasks are asked for.</summary>
public sealed record TaskQuery
{
    /// <summary>Neither the monitor nor the server knows ranges: so many tasks are asked for at least, and those outside are left out afterwards.</summary>
    private const int LeastOfRange = 10_000;

    /// <summary>Whose tasks; null for anybody's.</summary>
    public string? User { get; init; }

    /// <summary>Most tasks.</summary>
    public int Limit { get; init; } = 1000;

    /// <summary>Tasks of the last so many days; null for any time.</summary>
    public int? Days { get; init; } = 30;

    /// <summary>Name, with <c>*</c> for anything; null for any.</summary>
    public string? Name { get; init; }

    /// <summary>Numbers; empty for any.</summary>
    public IReadOnlyList<long> Ids { get; init; } = [];

    /// <summary>Statuses; empty for any.</summary>
    public IReadOnlyList<string> Statuses { get; init; } = [];

    /// <summary>Lowest number; null for any.</summary>
    public long? From { get; init; }

    /// <summary>Highest number, itself included; null for any.</summary>
    public long? To { get; init; }

    /// <summary>Most tasks that are asked for, before the range chooses among them.</summary>
    internal int Asked => From is null && To is null ? Limit : Math.Max(Limit, LeastOfRange);

    /// <summary>Whether what jobs left as metadata comes along.</summary>
    public bool WithMetadata { get; init; }

    /// <summary>Whether the monitor is to look anew instead of showing what it remembers.</summary>
    public bool Sync { get; init; }
}
