using System.Collections.Immutable;
using HpoServerless.Engine.Placement;

namespace HpoServerless.Engine.Experiments;

/// <summary>A turn in the making: what it has decided so far, and how much more it may change.</summary>
internal sealed class TurnDraft
{
    private readonly ExperimentState _before;
    private readonly DateTimeOffset _at;
    private readonly int _operations;
    private readonly StateFolder _folder;
    private readonly ImmutableArray<Decision>.Builder _decisions = ImmutableArray.CreateBuilder<Decision>();

    /// <param name="before">The experiment before the turn.</param>
    /// <param name="at">Time of the turn.</param>
    /// <param name="limits">How much the turn may change.</param>
    /// <param name="slots">What the sites say; one that is not among them takes any number of trials.</param>
    public TurnDraft(ExperimentState before, DateTimeOffset at, TurnLimits limits, ImmutableArray<SiteSlots> slots)
    {
        (_before, _at, _operations, Slots) = (before, at, limits.Operations, slots);
        _folder = new(before, before.Summary.Turn + 1, at);
    }

    /// <summary>What the sites say.</summary>
    public ImmutableArray<SiteSlots> Slots { get; }

    /// <summary>What happened.</summary>
    public ImmutableArray<ExperimentEvent> Events { get; private set; } = [];

    /// <summary>The experiment with all that was decided so far.</summary>
    public ExperimentState Current => _folder.Current;

    /// <summary>State of the searcher; null where it is as before.</summary>
    public string? SearcherState { get; set; }

    /// <summary>State of the trial scheduler; null where it is as before.</summary>
    public string? SchedulerState { get; set; }

    /// <summary>Whether there is more to do than this turn may.</summary>
    public bool More { get; set; }

    /// <summary>Whether the search has no proposal left.</summary>
    public bool Exhausted { get; set; }

    /// <summary>Whether nothing runs because no site takes a trial now.</summary>
    public bool WaitsForWorkers { get; set; }

    /// <summary>How many more rows may change.</summary>
    public int OperationsLeft => _operations - Events.Length - _folder.Changed.Count;

    /// <summary>Whether a decision about a trial changes a row that does not change yet.</summary>
    public bool IsNew(int trial) => !_folder.Changed.Contains(trial);

    public void TakeIn(ImmutableArray<ExperimentEvent> events)
    {
        Events = events;
        foreach (ExperimentEvent happened in events)
        {
            _folder.Fold(happened);
        }
    }

    public void Decide(Decision decision)
    {
        _folder.Apply(decision);
        _decisions.Add(decision.Trial == 0 ? decision : decision with { Segment = _folder.SegmentOf(decision.Trial) });
    }

    /// <summary>Decides about a trial, if the turn may change one more.</summary>
    /// <returns>Whether it did; otherwise there is <see cref="More"/> to do.</returns>
    public bool TryDecide(Decision decision)
    {
        if (OperationsLeft <= 0 && IsNew(decision.Trial))
        {
            More = true;
            return false;
        }

        Decide(decision);
        return true;
    }

    /// <summary>Closes the turn.</summary>
    /// <param name="wakeAt">When the next one is due at the latest.</param>
    public AdvanceResult Close(DateTimeOffset? wakeAt)
    {
        bool slotsChanged = !Slots.SequenceEqual(_before.Slots);
        if (Events.IsEmpty && _decisions.Count == 0 && SearcherState is null && SchedulerState is null && !slotsChanged)
        {
            return new(_before, null, wakeAt);
        }

        Turn turn = new()
        {
            Number = _before.Summary.Turn + 1,
            At = _at,
            Events = Events,
            Decisions = _decisions.DrainToImmutable(),
            SearcherState = SearcherState,
            SchedulerState = SchedulerState,
            More = More,
            Slots = slotsChanged ? Slots : null,
            Dropped = _folder.Dropped,
        };
        _folder.Slots(turn.Slots);
        return new(_folder.Finish(SearcherState, SchedulerState), turn, wakeAt) { ChangedTrials = [.. _folder.Changed] };
    }
}
