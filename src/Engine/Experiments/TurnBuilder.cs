using System.Collections.Immutable;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Stopping;

namespace HpoServerless.Engine.Experiments;

/// <summary>Decides one turn.</summary>
internal sealed class TurnBuilder
{
    /// <summary>An event costs its own removal, its trial's row and the row of the trial that takes the free slot.</summary>
    private const int OperationsPerEvent = 3;

    private readonly ExperimentState _before;
    private readonly Algorithms? _algorithms;
    private readonly DateTimeOffset _at;
    private readonly TurnLimits _limits;
    private readonly ImmutableArray<SiteSlots> _slots;
    private SitePlacer? _placer;
    private readonly StateFolder _folder;
    private readonly ImmutableArray<Decision>.Builder _decisions = ImmutableArray.CreateBuilder<Decision>();
    private ImmutableArray<ExperimentEvent> _events = [];
    private string? _searcherState;
    private string? _schedulerState;
    private bool _more;
    private bool _exhausted;
    private bool _waitsForWorkers;

    /// <param name="before">The experiment before the turn.</param>
    /// <param name="algorithms">What decides; null where nothing is to be decided but the end.</param>
    /// <param name="at">Time of the turn.</param>
    /// <param name="limits">How much the turn may change.</param>
    /// <param name="slots">What the sites say; one that is not among them takes any number of trials.</param>
    public TurnBuilder(ExperimentState before, Algorithms? algorithms, DateTimeOffset at, TurnLimits limits, ImmutableArray<SiteSlots> slots)
    {
        _slots = slots;
        _before = before;
        _algorithms = algorithms;
        _at = at;
        _limits = limits;
        _folder = new(before, before.Summary.Turn + 1, at);
    }

    private int OperationsLeft => _limits.Operations - _events.Length - _folder.Changed.Count;

    public AdvanceResult Build(IReadOnlyList<ExperimentEvent> inbox)
    {
        TakeIn(inbox);
        StartElsewhere();
        Obey();
        Judge();
        if (_algorithms is not null && _folder.Current.EndsAs is null)
        {
            Schedule(_algorithms);
        }
        else
        {
            StopRunning();
        }

        FinishIfNothingIsLeft();
        return Result();
    }

    public AdvanceResult BuildFailure(string reason)
    {
        Decide(new(DecisionAction.End, 0, reason) { Status = ExperimentStatus.Failed });
        StopRunning();
        FinishIfNothingIsLeft();
        return Result();
    }

    private void TakeIn(IReadOnlyList<ExperimentEvent> inbox)
    {
        int count = Math.Min(inbox.Count, Math.Max(1, _limits.Operations / OperationsPerEvent));
        _events = [.. inbox.Take(count)];
        _more = count < inbox.Count;
        foreach (ExperimentEvent happened in _events)
        {
            _folder.Fold(happened);
        }
    }

    /// <summary>What its site lost goes on elsewhere at once, in the slot that it had.</summary>
    private void StartElsewhere()
    {
        int[] lost = [.. _events.OfType<SegmentEnded>().Select(ended => ended.Trial).Distinct().Where(number => _folder.Current.HasTrial(number) && _folder.Current.TrialAt(number).IsLost)];
        if (lost.Length == 0)
        {
            return;
        }

        ExperimentState now = _folder.Current;
        SitePlacer placer = new(now with { Running = now.Running.Except(lost) }, _slots);
        foreach (Trial trial in lost.Select(now.TrialAt))
        {
            string site = placer.Take(trial);
            Decide(new(DecisionAction.Resume, trial.Number, $"it goes on at the site {site}") { Site = site, Until = trial.Until, Budget = trial.Budget });
        }
    }

    private void Obey()
    {
        foreach (CommandGiven given in _events.OfType<CommandGiven>())
        {
            ExperimentStatus status = _folder.Current.Summary.Status;
            switch (given.Command)
            {
                case ExperimentCommand.Stop when status != ExperimentStatus.Stopping:
                    Decide(new(DecisionAction.End, 0, $"stopped by {given.By}") { Status = ExperimentStatus.Stopped });
                    break;
                case ExperimentCommand.Pause when status == ExperimentStatus.Running:
                    Decide(new(DecisionAction.Hold, 0, $"paused by {given.By}"));
                    break;
                case ExperimentCommand.Resume when status == ExperimentStatus.Paused:
                    Decide(new(DecisionAction.Release, 0, $"resumed by {given.By}"));
                    break;
            }
        }
    }

    private void Judge()
    {
        ExperimentState now = _folder.Current;
        if (now.EndsAs is not null)
        {
            return;
        }

        foreach (IStopper stopper in _algorithms?.Stoppers ?? [])
        {
            if (stopper.Check(now, _at) is { } verdict)
            {
                Decide(new(DecisionAction.End, 0, verdict.Reason) { Status = verdict.Status });
                return;
            }
        }
    }

    private void Schedule(Algorithms algorithms)
    {
        bool wasRefused = Schedule(algorithms, _folder.Current.Definition.NumTrials - _folder.Current.Trials.Count);
        ExperimentState now = _folder.Current;
        if (wasRefused && !now.Paused.IsEmpty && (_exhausted || now.Running.IsEmpty))
        {
            // Trials that wait for others must not wait for such as will never be.
            Schedule(algorithms, creatable: 0);
        }
    }

    /// <summary>Asks the trial scheduler once and does what it says.</summary>
    /// <returns>Whether the search proposed fewer trials than were to be started.</returns>
    private bool Schedule(Algorithms algorithms, int creatable)
    {
        ExperimentState now = _folder.Current;
        bool held = now.Summary.Status != ExperimentStatus.Running;
        ImmutableArray<AwaitingTrial> awaiting = Awaiting(now);
        _placer = new(now, _slots);
        int wanted = held ? 0 : _placer.Free;
        _waitsForWorkers = !held && wanted == 0 && now.Running.IsEmpty && (creatable > 0 || !now.Paused.IsEmpty);
        int changeable = Math.Max(0, OperationsLeft - awaiting.Count(a => !_folder.Changed.Contains(a.Trial)));
        int free = Math.Min(wanted, changeable);
        if (awaiting.IsEmpty && now.Paused.IsEmpty && (free == 0 || creatable == 0))
        {
            _more |= free < wanted && creatable > 0;
            return false;
        }

        SchedulerStep step = algorithms.Scheduler.Decide(new()
        {
            Seed = now.Definition.Seed,
            Space = now.Definition.Space,
            Objectives = now.Definition.AllObjectives.Length,
            Trials = new(now.Trials),
            Reports = now.Reports,
            Awaiting = awaiting,
            Running = now.Running,
            Paused = now.Paused,
            FreeSlots = free,
            ChangeableTrials = changeable,
            CreatableTrials = creatable,
            NextTrial = now.Trials.Count + 1,
            State = _schedulerState ?? now.SchedulerState,
            Mode = now.Definition.Mode,
        });
        _schedulerState = step.State == now.SchedulerState ? null : step.State;
        foreach (Decision decision in step.Decisions)
        {
            Decide(decision.Action == DecisionAction.Resume ? decision with { Site = _placer.Take(now.TrialAt(decision.Trial)) } : decision);
        }

        Start(algorithms, step.Starts);
        ExperimentState after = _folder.Current;
        int created = after.Trials.Count - now.Trials.Count;
        int used = step.Starts.Length + step.Decisions.Count(decision => decision.Action == DecisionAction.Resume);
        bool canGoOn = !after.Paused.IsEmpty || (!_exhausted && created < creatable);
        _more |= step.More || (free < wanted && used >= free && canGoOn);
        return created < step.Starts.Length;
    }

    /// <summary>Trials that ask, as far as one turn can answer them.</summary>
    private ImmutableArray<AwaitingTrial> Awaiting(ExperimentState now)
    {
        ImmutableArray<AwaitingTrial>.Builder builder = ImmutableArray.CreateBuilder<AwaitingTrial>();
        int left = OperationsLeft;
        foreach (int number in now.Running)
        {
            Trial trial = now.TrialAt(number);
            if (!trial.IsAwaiting)
            {
                continue;
            }

            left -= _folder.Changed.Contains(number) ? 0 : 1;
            if (left < 0)
            {
                _more = true;
                break;
            }

            double? value = trial.Reports[^1].Metrics[now.Definition.Metric];
            builder.Add(new(number, trial.LastStep, value is { } v && double.IsFinite(v) ? now.Definition.Minimised(v) : null));
        }

        return builder.DrainToImmutable();
    }

    private void Start(Algorithms algorithms, ImmutableArray<RunLimit> starts)
    {
        if (starts.IsEmpty)
        {
            return;
        }

        ExperimentState now = _folder.Current;
        SearchStep step = algorithms.Searcher.Suggest(
            new()
            {
                Space = now.Definition.Space,
                Seed = now.Definition.Seed,
                NextTrial = now.Trials.Count + 1,
                TotalTrials = now.Definition.NumTrials,
                Parallelism = now.Definition.MaxConcurrent,
                Objectives = now.Definition.AllObjectives.Length,
                Observations = now.Observations,
                Reports = now.Reports,
                Pending = new PendingTrials(now),
                State = now.SearcherState,
            },
            starts.Length);
        _searcherState = step.State == now.SearcherState ? null : step.State;
        _exhausted = step.Status == SearchStatus.Exhausted;
        string reason = $"{algorithms.Searcher.Name} search proposed it";
        for (int i = 0; i < step.Suggestions.Length; i++)
        {
            Decide(new(DecisionAction.Start, now.Trials.Count + 1 + i, step.Reasons.IsEmpty ? reason : step.Reasons[i]) { Configuration = step.Suggestions[i], Until = starts[i].Until, Budget = starts[i].Budget, Site = _placer!.Take(null) });
        }
    }

    private void StopRunning()
    {
        ExperimentState now = _folder.Current;
        string reason = now.Summary.Reason ?? "the experiment is ending";
        foreach (int number in now.Paused.Concat(now.Running))
        {
            if (now.TrialAt(number).Requested is DecisionAction.Stop or DecisionAction.Complete)
            {
                continue;
            }

            if (OperationsLeft <= 0 && !_folder.Changed.Contains(number))
            {
                _more = true;
                return;
            }

            Decide(new(DecisionAction.Stop, number, reason));
        }
    }

    private void FinishIfNothingIsLeft()
    {
        ExperimentState now = _folder.Current;
        if (_more || _waitsForWorkers || !now.Running.IsEmpty || now.Summary.Status == ExperimentStatus.Paused)
        {
            return;
        }

        foreach (int number in now.EndsAs is null ? now.Paused : [])
        {
            if (OperationsLeft <= 0 && !_folder.Changed.Contains(number))
            {
                _more = true;
                return;
            }

            Decide(new(DecisionAction.Stop, number, "the trial scheduler had no further use for it"));
        }

        now = _folder.Current;
        (ExperimentStatus status, string what) = Ending(now);
        bool nothing = status == ExperimentStatus.Succeeded && !HasResult(now);
        Decide(nothing
            ? new(DecisionAction.Finish, 0, $"{what}, {(now.Summary.Trials.Failed == now.Summary.Trials.Total ? "and every one failed" : "and no trial had a result")}") { Status = ExperimentStatus.Failed }
            : new(DecisionAction.Finish, 0, what) { Status = status });
    }

    private (ExperimentStatus Status, string What) Ending(ExperimentState now)
    {
        TrialCounts trials = now.Summary.Trials;
        return now.EndsAs is { } status ? (status, now.Summary.Reason ?? "ended")
            : (ExperimentStatus.Succeeded,
                _exhausted ? $"the search space is used up after {trials.Total} trials"
                : trials.Total < now.Definition.NumTrials ? $"the trial scheduler needed no more than {trials.Total} trials, and all of them ended"
                : $"all {trials.Total} trials ended");
    }

    /// <summary>Whether a trial was completed, or one that was stopped early has a value of everything that is optimised.</summary>
    private static bool HasResult(ExperimentState now) => now.Summary.Trials.Completed > 0
        || now.Trials.Any(trial => trial.Status == TrialStatus.Stopped && Measurement.LatestOf(trial, now.Definition) is not null);

    private void Decide(Decision decision)
    {
        _folder.Apply(decision);
        _decisions.Add(decision.Trial == 0 ? decision : decision with { Segment = _folder.SegmentOf(decision.Trial) });
    }

    private AdvanceResult Result()
    {
        DateTimeOffset? wakeAt = _algorithms?.Stoppers.Select(s => s.Deadline(_folder.Current)).Min();
        bool slotsChanged = !_slots.SequenceEqual(_before.Slots);
        if (_events.IsEmpty && _decisions.Count == 0 && _searcherState is null && _schedulerState is null && !slotsChanged)
        {
            return new(_before, null, wakeAt);
        }

        Turn turn = new()
        {
            Number = _before.Summary.Turn + 1,
            At = _at,
            Events = _events,
            Decisions = _decisions.DrainToImmutable(),
            SearcherState = _searcherState,
            SchedulerState = _schedulerState,
            More = _more,
            Slots = slotsChanged ? _slots : null,
            Dropped = _folder.Dropped,
        };
        _folder.Slots(turn.Slots);
        return new(_folder.Finish(_searcherState, _schedulerState), turn, wakeAt) { ChangedTrials = [.. _folder.Changed] };
    }
}
