using System.Collections.Immutable;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;

namespace HpoServerless.Engine.Experiments;

/// <summary>The part of a turn that asks the trial scheduler about the trials there are, and the searcher for new ones.</summary>
internal sealed class TurnScheduling(TurnDraft draft, Algorithms algorithms)
{
    private SitePlacer? _placer;

    public void Run()
    {
        bool wasRefused = Ask(draft.Current.Definition.NumTrials - draft.Current.Trials.Count);
        ExperimentState now = draft.Current;
        if (wasRefused && !now.Paused.IsEmpty && (draft.Exhausted || now.Running.IsEmpty))
        {
            // Trials that wait for others must not wait for such as will never be.
            Ask(creatable: 0);
        }
    }

    /// <summary>Asks the trial scheduler once and does what it says.</summary>
    /// <returns>Whether the search proposed fewer trials than were to be started.</returns>
    private bool Ask(int creatable)
    {
        ExperimentState now = draft.Current;
        bool held = now.Summary.Status != ExperimentStatus.Running;
        ImmutableArray<AwaitingTrial> awaiting = Awaiting(now);
        _placer = new(now, draft.Slots);
        int wanted = held ? 0 : _placer.Free;
        draft.WaitsForWorkers = !held && wanted == 0 && now.Running.IsEmpty && (creatable > 0 || !now.Paused.IsEmpty);
        int changeable = Math.Max(0, draft.OperationsLeft - awaiting.Count(a => draft.IsNew(a.Trial)));
        int free = Math.Min(wanted, changeable);
        if (awaiting.IsEmpty && now.Paused.IsEmpty && (free == 0 || creatable == 0))
        {
            draft.More |= free < wanted && creatable > 0;
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
            State = draft.SchedulerState ?? now.SchedulerState,
            Mode = now.Definition.Mode,
        });
        draft.SchedulerState = step.State == now.SchedulerState ? null : step.State;
        foreach (Decision decision in step.Decisions)
        {
            draft.Decide(decision.Action == DecisionAction.Resume ? decision with { Site = _placer.Take(now.TrialAt(decision.Trial)) } : decision);
        }

        Start(step.Starts);
        ExperimentState after = draft.Current;
        int created = after.Trials.Count - now.Trials.Count;
        int used = step.Starts.Length + step.Decisions.Count(decision => decision.Action == DecisionAction.Resume);
        bool canGoOn = !after.Paused.IsEmpty || (!draft.Exhausted && created < creatable);
        draft.More |= step.More || (free < wanted && used >= free && canGoOn);
        return created < step.Starts.Length;
    }

    /// <summary>Trials that ask, as far as one turn can answer them.</summary>
    private ImmutableArray<AwaitingTrial> Awaiting(ExperimentState now)
    {
        ImmutableArray<AwaitingTrial>.Builder builder = ImmutableArray.CreateBuilder<AwaitingTrial>();
        int left = draft.OperationsLeft;
        foreach (int number in now.Running)
        {
            Trial trial = now.TrialAt(number);
            if (!trial.IsAwaiting)
            {
                continue;
            }

            left -= draft.IsNew(number) ? 1 : 0;
            if (left < 0)
            {
                draft.More = true;
                break;
            }

            double? value = trial.Reports.ValueAt(trial.Reports.Length - 1, now.Definition.Metric);
            builder.Add(new(number, trial.LastStep, value is { } v && double.IsFinite(v) ? now.Definition.Minimised(v) : null));
        }

        return builder.DrainToImmutable();
    }

    private void Start(ImmutableArray<RunLimit> starts)
    {
        if (starts.IsEmpty)
        {
            return;
        }

        ExperimentState now = draft.Current;
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
        draft.SearcherState = step.State == now.SearcherState ? null : step.State;
        draft.Exhausted = step.Status == SearchStatus.Exhausted;
        string reason = $"{algorithms.Searcher.Name} search proposed it";
        for (int i = 0; i < step.Suggestions.Length; i++)
        {
            draft.Decide(new(DecisionAction.Start, now.Trials.Count + 1 + i, step.Reasons.IsEmpty ? reason : step.Reasons[i]) { Configuration = step.Suggestions[i], Until = starts[i].Until, Budget = starts[i].Budget, Site = _placer!.Take(null) });
        }
    }
}
