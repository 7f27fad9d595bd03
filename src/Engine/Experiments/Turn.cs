using System.Collections.Immutable;
using HpoServerless.Engine.Placement;

namespace HpoServerless.Engine.Experiments;

/// <summary>One step of an experiment: what arrived, what was decided, and what the algorithms remember. Turns are all there is: the state is their fold.</summary>
public sealed record Turn
{
    /// <summary>Number, from 1, without gaps.</summary>
    public required int Number { get; init; }

    /// <summary>When it was decided.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Events that were folded, in this order.</summary>
    public ImmutableArray<ExperimentEvent> Events { get; init; } = [];

    /// <summary>What was decided, in this order.</summary>
    public ImmutableArray<Decision> Decisions { get; init; } = [];

    /// <summary>What the searcher remembers from now on; null where that did not change.</summary>
    public string? SearcherState { get; init; }

    /// <summary>What the trial scheduler remembers from now on; null where that did not change.</summary>
    public string? SchedulerState { get; init; }

    /// <summary>What the sites said; default where that did not change.</summary>
    public ImmutableArray<SiteSlots>? Slots { get; init; }

    /// <summary>Names of the checkpoints that nobody needs any more.</summary>
    public ImmutableArray<string> Dropped { get; init; } = [];

    /// <summary>Whether more could have been decided at once, but for the limits of one turn.</summary>
    public bool More { get; init; }
}
