using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>Everything a searcher may look at. Immutable, so a searcher cannot disturb the experiment.</summary>
public sealed record SearchContext
{
    /// <summary>The space to search; <c>d = Space.Dimension</c> in the searchers' docs.</summary>
    public required SearchSpace Space { get; init; }

    /// <summary>Seed of the experiment. Each searcher derives its own streams from it and from <see cref="ISearcher.Name"/>.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Number the first suggestion will get; the others follow. Trials are numbered from 1.</summary>
    public required int NextTrial { get; init; }

    /// <summary>Finished trials in the order in which their results were folded.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>Trials that are running, so that parallel workers are not sent to the same place.</summary>
    public IReadOnlyList<PendingTrial> Pending { get; init; } = [];

    /// <summary>State of the previous <see cref="SearchStep"/>; null on the first call of an experiment.</summary>
    public string? State { get; init; }
}

/// <summary>A finished trial.</summary>
/// <param name="Trial">Its number.</param>
/// <param name="Configuration">What was evaluated.</param>
/// <param name="Value">The objective, finite and minimised; null if the trial failed.</param>
public sealed record Observation(int Trial, Configuration Configuration, double? Value);

/// <summary>A trial whose result is not known yet.</summary>
/// <param name="Trial">Its number.</param>
/// <param name="Configuration">What is being evaluated.</param>
public sealed record PendingTrial(int Trial, Configuration Configuration);
