namespace HpoServerless.Contracts.Batch;

/// <summary>A job of the double.</summary>
public sealed class DoubleJob
{
    public required string Id { get; init; }

    public required string Pool { get; init; }

    public string State { get; internal set; } = "active";

    public DateTimeOffset Changed { get; internal set; }

    /// <summary>Its tasks, in the order in which they were added.</summary>
    public IReadOnlyList<DoubleTask> Tasks => InOrder;

    internal Dictionary<string, DoubleTask> ById { get; } = new(StringComparer.OrdinalIgnoreCase);

    internal List<DoubleTask> InOrder { get; } = [];
}
