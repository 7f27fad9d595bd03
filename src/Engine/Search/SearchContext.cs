using HpoServerless.Engine.Scheduling;
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

    /// <summary>Number of the first trial that is not given by the user, from 1: where a searcher that walks a list begins.</summary>
    public int FirstTrial { get; init; } = 1;

    /// <summary>How many trials the experiment creates at most; null where that is not known.</summary>
    public int? TotalTrials { get; init; }

    /// <summary>How many trials run at once at most; at least 1.</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Objectives of each observation; at least 1.</summary>
    public int Objectives { get; init; } = 1;

    /// <summary>
    /// Finished trials in the order in which their results were folded. Those of earlier experiments come first, with numbers below 1.
    /// The engine passes an <c>AppendOnlyList</c>, so that what was computed from the last call's can be extended.
    /// </summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>Trials that are running, so that parallel workers are not sent to the same place.</summary>
    public IReadOnlyList<PendingTrial> Pending { get; init; } = [];

    /// <summary>What trials of this experiment reported on their way, in the order in which it was folded; empty where nobody asks for it.</summary>
    public IReadOnlyList<ScheduledReport> Reports { get; init; } = [];

    /// <summary>State of the previous <see cref="SearchStep"/>; null on the first call of an experiment.</summary>
    public string? State { get; init; }
}
