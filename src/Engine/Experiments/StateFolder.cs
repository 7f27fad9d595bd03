using System.Collections.Immutable;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Search;

namespace HpoServerless.Engine.Experiments;

/// <summary>Folds one turn into a state. The engine decides on the same object, so that deciding and replaying cannot differ.</summary>
/// <param name="state">State before the turn.</param>
/// <param name="turn">Number of the turn.</param>
/// <param name="at">Time of the turn.</param>
internal sealed class StateFolder(ExperimentState state, int turn, DateTimeOffset at)
{
    private readonly SortedSet<int> _changed = [];
    private readonly SegmentEnding _ending = new(state.Definition, turn, at);
    private ImmutableArray<SiteSlots> _slots = state.Slots;
    private ImmutableSortedDictionary<string, SiteUsage> _usage = state.Usage;
    private ImmutableList<Trial> _trials = state.Trials;
    private ImmutableSortedSet<int> _running = state.Running;
    private ImmutableSortedSet<int> _paused = state.Paused;
    private AppendOnlyList<Observation> _observations = state.Observations;
    private AppendOnlyList<ReportPlace> _reportOrder = state.ReportOrder;
    private ExperimentSummary _summary = state.Summary;
    private int _completedSinceImprovement = state.CompletedSinceImprovement;
    private double? _plateauReference = state.PlateauReference;
    private TimeSpan _downtime = state.Downtime;
    private ExperimentStatus? _endsAs = state.EndsAs;

    /// <summary>Numbers of the trials that the turn changed so far.</summary>
    public IReadOnlyCollection<int> Changed => _changed;

    /// <summary>Names of the checkpoints that nobody needs any more.</summary>
    public ImmutableArray<string> Dropped => Keeper.Dropped(_trials);

    /// <summary>The state so far, without what the algorithms remember.</summary>
    public ExperimentState Current => state with
    {
        Trials = _trials,
        Running = _running,
        Paused = _paused,
        Observations = _observations,
        ReportOrder = _reportOrder,
        Summary = _summary,
        CompletedSinceImprovement = _completedSinceImprovement,
        PlateauReference = _plateauReference,
        Slots = _slots,
        Usage = _usage,
        Downtime = _downtime,
        EndsAs = _endsAs,
    };

    /// <summary>Latest segment of a trial.</summary>
    public int SegmentOf(int trial) => _trials[trial - 1].Segment;

    /// <summary>Takes in what the sites said; null: as before.</summary>
    public void Slots(ImmutableArray<SiteSlots>? slots) => _slots = slots ?? _slots;

    public ExperimentState Finish(string? searcherState, string? schedulerState) => Current with
    {
        Summary = _summary with { Turn = turn, UpdatedAt = at },
        SearcherState = searcherState ?? state.SearcherState,
        SchedulerState = schedulerState ?? state.SchedulerState,
    };

    /// <summary>Takes in what happened. Late and repeated events change nothing.</summary>
    public void Fold(ExperimentEvent happened)
    {
        switch (happened)
        {
            case TrialReported reported when IsLive(reported.Trial, reported.Segment):
                Replace(WithReports(_trials[reported.Trial - 1], reported.Reports));
                break;
            case TrialCheckpointed saved:
                Keep(saved);
                break;
            case SegmentBegan began when IsLive(began.Trial, began.Segment) && _trials[began.Trial - 1] is { BegunAt: null } waiting:
                Replace(waiting with { BegunAt = began.At });
                break;
            case TrialRestored restored when IsLive(restored.Trial, restored.Segment):
                Trial begun = _trials[restored.Trial - 1];
                CountResume(begun, restored.Step);
                Replace(Keeper.After(begun, restored.Step) with { Notes = begun.Notes.Add(new(turn, at, DecisionAction.Resume, restored.Text)) });
                break;
            case SegmentEnded ended when IsLive(ended.Trial, ended.Segment):
                Trial last = WithReports(_trials[ended.Trial - 1], ended.Outcome.Reports);
                Use(last, ended.Outcome);
                Replace(_ending.After(last, ended.Outcome));
                break;
            case CommandGiven { Command: ExperimentCommand.HostRestarted }:
                // Several in one turn are one absence: a host may die again before its first turn.
                _downtime = state.Downtime + (at > state.Summary.UpdatedAt ? at - state.Summary.UpdatedAt : TimeSpan.Zero);
                break;
        }
    }

    /// <summary>Carries out one decision.</summary>
    public void Apply(Decision decision)
    {
        switch (decision.Action)
        {
            case DecisionAction.Start:
                Add(decision);
                break;
            case DecisionAction.Continue:
                Replace(Noted(_trials[decision.Trial - 1] with { Until = decision.Until, Budget = decision.Budget }, decision));
                break;
            case DecisionAction.Resume:
                Replace(Noted(Resumed(_trials[decision.Trial - 1], decision), decision));
                break;
            case DecisionAction.Exploit:
                Exploit(_trials[decision.Trial - 1], decision);
                break;
            case DecisionAction.Stop or DecisionAction.Complete:
                Stop(_trials[decision.Trial - 1], decision);
                break;
            case DecisionAction.Pause:
                Replace(Noted(_trials[decision.Trial - 1] with { Requested = DecisionAction.Pause }, decision));
                break;
            case DecisionAction.Hold:
                _summary = _summary with { Status = ExperimentStatus.Paused, Reason = decision.Reason };
                break;
            case DecisionAction.Release:
                _summary = _summary with { Status = ExperimentStatus.Running, Reason = null };
                break;
            case DecisionAction.End:
                _endsAs = decision.Status;
                _summary = _summary with { Status = ExperimentStatus.Stopping, Reason = decision.Reason };
                break;
            case DecisionAction.Finish:
                _summary = _summary with { Status = decision.Status!.Value, Reason = decision.Reason, Best = _summary.Best ?? (state.Definition.StoppedNeverWins is true ? null : Standings.BestOfStopped(_trials, state.Definition)) };
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(decision), decision.Action, "is not a decision that can be carried out");
        }
    }

    private CheckpointKeeper Keeper => _ending.Keeper;

    private bool IsLive(int number, int segment) =>
        number >= 1 && number <= _trials.Count && _trials[number - 1] is { Status: TrialStatus.Running } trial && trial.Segment == segment;

    private void Add(Decision decision)
    {
        Trial trial = new()
        {
            Number = decision.Trial,
            Configuration = decision.Configuration ?? throw new ArgumentException("a start needs a configuration", nameof(decision)),
            Until = decision.Until,
            Budget = decision.Budget,
            Site = decision.Site,
            StartedAt = at,
            Notes = [Note(decision)],
        };
        _trials = _trials.Add(trial);
        _running = _running.Add(trial.Number);
        _summary = _summary with { Trials = _summary.Trials.Changed(TrialStatus.Running, 1) };
        _changed.Add(trial.Number);
    }

    private void Stop(Trial trial, Decision decision)
    {
        // A paused trial has no segment that could end, so it ends here.
        Trial ended = trial with { EndedAt = at, Reason = decision.Reason };
        Trial stopped = trial.Status != TrialStatus.Paused ? trial with { Requested = decision.Action, Reason = decision.Reason }
            : decision.Action == DecisionAction.Complete ? _ending.Judged(ended)
            : ended with { Status = TrialStatus.Stopped };
        Replace(Noted(stopped, decision));
    }

    private static Trial Resumed(Trial trial, Decision decision) => trial with
    {
        Status = TrialStatus.Running,
        Segment = trial.Segment + 1,
        Until = decision.Until,
        Budget = decision.Budget,
        Site = decision.Site ?? trial.Site,
        BegunAt = null,
        SegmentFrom = trial.Position,
        IsLost = false,
    };

    private void Exploit(Trial trial, Decision decision)
    {
        if (!state.Definition.SavesWhenAsking || decision.From is not { } from || decision.Configuration is not { } configuration || _trials[from - 1].Checkpoints is not [.., var newest])
        {
            throw new ArgumentException("an exploit needs a scheduler whose trials save when they ask, a donor with a checkpoint, and a configuration", nameof(decision));
        }

        TrialExploit exploit = new(from, configuration, newest);
        Replace(Noted(trial.Status == TrialStatus.Paused ? _ending.Exploited(trial, exploit) : trial with { Requested = DecisionAction.Exploit, Exploit = exploit }, decision));
    }

    private void Keep(TrialCheckpointed saved)
    {
        if (IsLive(saved.Trial, saved.Segment))
        {
            _summary = _summary with { Checkpoints = _summary.Checkpoints + 1 };
            Replace(Keeper.Add(_trials[saved.Trial - 1], saved.Checkpoint));
        }
        else if (saved.Trial < 1 || saved.Trial > _trials.Count || _trials[saved.Trial - 1].Checkpoints.All(known => known.Name != saved.Checkpoint.Name))
        {
            Keeper.Drop(saved.Checkpoint);
        }
    }

    /// <summary>Counts a trial that goes on. One that is told a fraction of a step takes a budget: it begins anew each time, as it should.</summary>
    private void CountResume(Trial trial, long step)
    {
        if (trial.LastStep > 0 && trial.Budget is null)
        {
            ResumeCounts before = _summary.Resumes;
            bool isFromStart = step == 0;
            _summary = _summary with { Resumes = new(before.Total + 1, before.FromStart + (isFromStart ? 1 : 0), before.StepsAgain + (isFromStart ? trial.LastStep : 0)) };
        }
    }

    private Trial WithReports(Trial trial, ImmutableArray<Report> reports)
    {
        long last = trial.LastStep;
        double? value = trial.Value;
        int row = trial.Reports.Length;
        ImmutableArray<Report> fresh = reports.Length == 1 && reports[0].Step > last ? reports : [.. ReportSeries.Ascending(reports, last)];
        foreach (Report report in fresh)
        {
            value = report.Metrics[state.Definition.Metric] is { } reported && double.IsFinite(reported) ? reported : value;
            _reportOrder = _reportOrder.Add(new(trial.Number, row++));
        }

        if (fresh.IsEmpty)
        {
            return trial;
        }

        long gone = fresh[^1].Step - Math.Max(trial.LastStep, trial.SegmentFrom);
        _summary = _summary with { Steps = _summary.Steps + Math.Max(0, gone), MostSteps = Math.Max(_summary.MostSteps, fresh[^1].Step) };
        return trial with { Reports = trial.Reports.AddRange(fresh.AsSpan()), Value = value };
    }

    /// <summary>Takes down what a segment had from its site.</summary>
    private void Use(Trial trial, SegmentOutcome outcome)
    {
        string site = trial.Site ?? outcome.Site;
        double seconds = SegmentTime.SecondsOf(trial, outcome);
        SiteUsage before = _usage.GetValueOrDefault(site) ?? new();
        _usage = _usage.SetItem(site, new(
            before.Segments + 1, before.Seconds + seconds, before.Steps + Math.Max(0, trial.LastStep - trial.SegmentFrom), before.Lost + (outcome.Status == SegmentStatus.Lost ? 1 : 0)));
        _summary = _summary with { Cost = _summary.Cost + (seconds / 3600 * state.Definition.CostPerHourAt(site)) };
    }

    private void Replace(Trial trial)
    {
        Trial before = _trials[trial.Number - 1];
        trial = trial.IsFinal && !trial.Checkpoints.IsEmpty ? Keeper.Ended(trial) : trial;
        if (trial.Status != TrialStatus.Running && trial.Reports.Trimmed() is var reports && !ReferenceEquals(reports, trial.Reports))
        {
            trial = trial with { Reports = reports };
        }

        _trials = _trials.SetItem(trial.Number - 1, trial);
        _changed.Add(trial.Number);
        if (before.Status == trial.Status)
        {
            return;
        }

        _summary = _summary with { Trials = _summary.Trials.Changed(before.Status, -1).Changed(trial.Status, 1) };
        _running = trial.Status == TrialStatus.Running ? _running.Add(trial.Number) : _running.Remove(trial.Number);
        _paused = trial.Status == TrialStatus.Paused ? _paused.Add(trial.Number) : _paused.Remove(trial.Number);
        if (trial.IsFinal)
        {
            Observe(trial);
        }
    }

    private void Observe(Trial trial)
    {
        _observations = _observations.Add(trial.ToObservation(state.Definition));
        if (trial.Status != TrialStatus.Completed)
        {
            return;
        }

        Measurement measured = Measurement.OfCompleted(trial, state.Definition);
        _summary = Standings.With(_summary, trial, measured, _trials, state.Definition);
        if (measured.Violation > 0)
        {
            return;
        }

        double value = measured.Objectives[0];
        bool improved = _plateauReference is not { } reference || value < reference - (state.Definition.Stopping.Plateau?.MinDelta ?? 0);
        _completedSinceImprovement = improved ? 0 : _completedSinceImprovement + 1;
        _plateauReference = improved ? value : _plateauReference;
    }

    private Trial Noted(Trial trial, Decision decision) => trial with { Notes = trial.Notes.Add(Note(decision)) };

    private TrialNote Note(Decision decision) => new(turn, at, decision.Action, decision.Reason);
}
