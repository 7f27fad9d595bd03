using System.IO.Enumeration;

namespace HpoServerless.Adapters.Grid.Queues;

/// <summary>Which queues are shown.</summary>
public sealed record QueueFilter
{
    /// <summary>Name, with <c>*</c> and <c>?</c>.</summary>
    public string Name { get; init; } = "*";

    /// <summary>Whether those without GPUs are shown, too.</summary>
    public bool WithoutGpu { get; init; }

    /// <summary>Whether those that take no jobs are shown, too.</summary>
    public bool Inactive { get; init; }

    /// <summary>Types that are shown.</summary>
    public IReadOnlyList<string> Types { get; init; } = ["analysis", "unified"];

    /// <summary>Whether a queue is shown.</summary>
    public bool Takes(GridQueue queue) => FileSystemName.MatchesSimpleExpression(Name, queue.Name, ignoreCase: false)
        && (WithoutGpu || queue.HasGpu) && (Inactive || queue.IsActive) && Types.Contains(queue.Type ?? string.Empty, StringComparer.OrdinalIgnoreCase);
}
