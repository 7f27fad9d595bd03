using System.Collections.Immutable;
using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.Brackets;

/// <summary>An experiment played by hand: the test says what trials report, the scheduler decides. Each call goes to a new scheduler that knows nothing but the state.</summary>
/// <param name="name">Scheduler.</param>
/// <param name="options">Its options.</param>
/// <param name="trials">How many trials there may be.</param>
internal sealed class PlayedBrackets(string name, string options, int trials)
{
    private readonly SortedSet<int> _asking = [];
    private ImmutableSortedSet<int> _running = [];
    private ImmutableSortedSet<int> _paused = [];
    private ImmutableList<Trial> _trials = [];
    private ScheduledReports _reports = [];

    public int Slots { get; init; } = 4;

    public int Changeable { get; init; } = 96;

    public int Objectives { get; init; } = 1;

    public OptimizationMode Mode { get; init; } = OptimizationMode.Min;

    /// <summary>How many of the trials that are to be started the search proposes.</summary>
    public int Proposed { get; set; } = int.MaxValue;

    /// <summary>Keeps one scheduler all along.</summary>
    public ITrialScheduler? Same { get; init; }

    public string? State { get; private set; }

    public IReadOnlyCollection<int> Running => _running;

    public IReadOnlyCollection<int> Paused => _paused;

    public Trial this[int trial] => _trials[trial - 1];

    public int Count => _trials.Count;

    /// <summary>Decides, and does what was decided.</summary>
    public SchedulerStep Decide()
    {
        ITrialScheduler scheduler = Same ?? TrialSchedulerRegistry.Create(name, Given.Json(options));
        SchedulerStep step = scheduler.Decide(new()
        {
            Space = SchedulerPlay.Space,
            Trials = new(_trials),
            Seed = 1,
            Objectives = Objectives,
            Mode = Mode,
            Reports = _reports,
            Awaiting = [.. _asking.Select(trial => new AwaitingTrial(trial, this[trial].LastStep, this[trial].Value))],
            Running = _running,
            Paused = _paused,
            FreeSlots = Math.Min(Changeable, Slots - _running.Count),
            ChangeableTrials = Changeable,
            CreatableTrials = trials - _trials.Count,
            NextTrial = _trials.Count + 1,
            State = State,
        });
        State = step.State;
        foreach (Decision decision in step.Decisions)
        {
            Apply(decision);
        }

        foreach (RunLimit start in step.Starts.Take(Proposed))
        {
            _trials = _trials.Add(new() { Number = _trials.Count + 1, Configuration = SchedulerPlay.Space.Decode([0.5, 0.5, 0.5]), Until = start.Until, Budget = start.Budget });
            _running = _running.Add(_trials.Count);
        }

        return step;
    }

    /// <summary>A trial reports where it must ask.</summary>
    public void Report(int trial, params double?[] values)
    {
        ReportAt(trial, this[trial].Until!.Value, values);
        _asking.Add(trial);
    }

    /// <summary>A trial reports somewhere.</summary>
    public void ReportAt(int trial, long step, params double?[] values)
    {
        _reports = _reports.Add(new(trial, step, values[0]) { Objectives = values.Length > 1 ? [.. values.Select(value => value!.Value)] : default });
        Set(this[trial] with { Reports = this[trial].Reports.Add(new(step, new(), Given.Start)), Value = values[0] });
    }

    /// <summary>A trial's program ends.</summary>
    public void End(int trial, TrialStatus status)
    {
        _asking.Remove(trial);
        Set(this[trial] with { Status = status });
    }

    private void Apply(Decision decision)
    {
        _asking.Remove(decision.Trial);
        Trial trial = this[decision.Trial];
        Set(decision.Action switch
        {
            DecisionAction.Continue => trial with { Until = decision.Until, Budget = decision.Budget },
            DecisionAction.Resume => trial with { Status = TrialStatus.Running, Until = decision.Until, Budget = decision.Budget },
            DecisionAction.Pause => trial with { Status = TrialStatus.Paused },
            DecisionAction.Complete => trial with { Status = TrialStatus.Completed },
            _ => trial with { Status = TrialStatus.Stopped },
        });
    }

    private void Set(Trial trial)
    {
        _trials = _trials.SetItem(trial.Number - 1, trial);
        _running = trial.Status == TrialStatus.Running ? _running.Add(trial.Number) : _running.Remove(trial.Number);
        _paused = trial.Status == TrialStatus.Paused ? _paused.Add(trial.Number) : _paused.Remove(trial.Number);
    }
}
