using System.Collections.Immutable;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>Answer of one <see cref="ISearcher.Suggest"/> call. Equal by content.</summary>
/// <param name="Suggestions">New configurations, first to start first.</param>
/// <param name="State">Opaque state for the next call, at most 64 KiB of UTF-8.</param>
/// <param name="Status">Why there are fewer suggestions than asked for, if there are.</param>
public sealed record SearchStep(
    ImmutableArray<Configuration> Suggestions,
    string? State,
    SearchStatus Status = SearchStatus.Open)
{
    /// <summary>Why each suggestion was made, for people: one for each, or empty where there is nothing to say but the searcher's name.</summary>
    public ImmutableArray<string> Reasons { get; init; } = [];

    /// <summary>Same suggestions in the same order, same state, same status, same reasons.</summary>
    public bool Equals(SearchStep? other) =>
        other is not null && State == other.State && Status == other.Status && Suggestions.AsSpan().SequenceEqual(other.Suggestions.AsSpan())
        && Reasons.AsSpan().SequenceEqual(other.Reasons.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(State, Status, Suggestions.Length);
}

/// <summary>Whether a searcher has more to propose.</summary>
public enum SearchStatus
{
    /// <summary>More can be asked for at once.</summary>
    Open,

    /// <summary>Nothing until a pending trial reports (a synchronous rung, for instance). Only legal while trials are pending.</summary>
    Waiting,

    /// <summary>Nothing more, ever: the space is used up.</summary>
    Exhausted,
}
