using System.Collections.Immutable;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;

namespace HpoServerless.Engine.Experiments;

/// <summary>An experiment after some turn: the fold of its turns, and nothing else. Immutable; folding one turn costs O(what the turn changed · log trials).</summary>
public sealed record ExperimentState
{
    /// <summary>What defines the experiment.</summary>
    public required ExperimentDefinition Definition { get; init; }

    /// <summary>Status, counts and best trial.</summary>
    public required ExperimentSummary Summary { get; init; }

    /// <summary>All trials; trial n at index n - 1.</summary>
    public ImmutableList<Trial> Trials { get; init; } = [];

    /// <summary>Numbers of the trials that run.</summary>
    public ImmutableSortedSet<int> Running { get; init; } = [];

    /// <summary>Numbers of the trials that wait at a checkpoint.</summary>
    public ImmutableSortedSet<int> Paused { get; init; } = [];

    /// <summary>Ended trials as the searcher sees them, in the order in which they were folded; before them, with numbers below 1, those of the warm start.</summary>
    public AppendOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>Reports as the trial scheduler sees them, in the order in which they were folded.</summary>
    public ScheduledReports Reports => new(Definition, Trials, ReportOrder);

    /// <summary>Where the reports stand, in the order in which they were folded.</summary>
    internal AppendOnlyList<ReportPlace> ReportOrder { get; init; } = [];

    /// <summary>What the searcher remembers; null before it said anything.</summary>
    public string? SearcherState { get; init; }

    /// <summary>What the trial scheduler remembers; null before it said anything.</summary>
    public string? SchedulerState { get; init; }

    /// <summary>Completed trials since the best value last improved by more than the plateau rule's margin.</summary>
    public int CompletedSinceImprovement { get; init; }

    /// <summary>Best minimised value at that improvement.</summary>
    public double? PlateauReference { get; init; }

    /// <summary>What the sites said last; one that is not among them takes any number of trials.</summary>
    public ImmutableArray<SiteSlots> Slots { get; init; } = [];

    /// <summary>What each site did so far, by name.</summary>
    public ImmutableSortedDictionary<string, SiteUsage> Usage { get; init; } = ImmutableSortedDictionary<string, SiteUsage>.Empty.WithComparers(StringComparer.Ordinal);

    /// <summary>Time during which the host was down.</summary>
    public TimeSpan Downtime { get; init; }

    /// <summary>How the experiment will end once its running trials have stopped; null while it is not ending.</summary>
    public ExperimentStatus? EndsAs { get; init; }

    /// <summary>The state before the first turn.</summary>
    public static ExperimentState Initial(ExperimentDefinition definition, DateTimeOffset createdAt) => new()
    {
        Definition = definition,
        Summary = new() { Status = ExperimentStatus.Running, CreatedAt = createdAt, UpdatedAt = createdAt },
        Observations = WarmStart.ObservationsOf(definition),
    };

    /// <summary>A trial by its number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such trial.</exception>
    public Trial TrialAt(int number) => Trials[number - 1];

    /// <summary>Whether a trial with this number exists.</summary>
    public bool HasTrial(int number) => number >= 1 && number <= Trials.Count;

    /// <summary>The state after one more turn.</summary>
    /// <exception cref="ArgumentException">The turn is not the next one.</exception>
    public ExperimentState Apply(Turn turn)
    {
        if (turn.Number != Summary.Turn + 1)
        {
            throw new ArgumentException($"turn {turn.Number} cannot follow turn {Summary.Turn}", nameof(turn));
        }

        StateFolder folder = new(this, turn.Number, turn.At);
        foreach (ExperimentEvent happened in turn.Events)
        {
            folder.Fold(happened);
        }

        foreach (Decision decision in turn.Decisions)
        {
            folder.Apply(decision);
        }

        folder.Slots(turn.Slots);
        return folder.Finish(turn.SearcherState, turn.SchedulerState);
    }
}
