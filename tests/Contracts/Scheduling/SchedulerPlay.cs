using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Contracts.Scheduling;

/// <summary>An experiment from its first trial to its end, as a trial scheduler sees it. Trials differ in speed, so that their reports interleave. Played when first asked.</summary>
/// <param name="scheduler">Decides.</param>
/// <param name="seed">Seed of the experiment.</param>
/// <param name="everyCallElsewhere">Makes a new scheduler for every call, which knows nothing but the state; null: the same one all along.</param>
public sealed class SchedulerPlay(ITrialScheduler scheduler, ulong seed, Func<ITrialScheduler>? everyCallElsewhere = null)
{
    private const int MostTicks = 20_000;

    private readonly List<(SchedulerContext Context, SchedulerStep Step)> _calls = [];
    private readonly List<string> _log = [];
    private readonly SortedSet<int> _awaiting = [];
    private ImmutableList<Trial> _trials = [];
    private ScheduledReports _reports = [];
    private string? _state;
    private bool _played;
    private bool _over;

    /// <summary>What is searched.</summary>
    public static SearchSpace Space { get; } = SearchSpace.Parse(JsonDocument.Parse(
        """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}, "n": {"method": "uniformint", "dimension": {"low": 1, "high": 100}}, "c": {"method": "categorical", "dimension": {"categories": ["a", "b", "c"]}}}""").RootElement);

    public int TrialsInAll { get; init; } = 30;

    public int Slots { get; init; } = 4;

    /// <summary>Step at which the program ends by itself.</summary>
    public long LastStep { get; init; } = 30;

    /// <summary>Most trials that may be decided about in a call without having asked.</summary>
    public int Changeable { get; init; } = 96;

    /// <summary>What a trial reports at a step.</summary>
    public Func<int, long, double?> ValueOf { get; init; } = static (trial, step) => ((trial * 7919) % 101) + (50.0 / step);

    /// <summary>Whether a trial fails after its report of a step.</summary>
    public Func<int, long, bool> Fails { get; init; } = static (_, _) => false;

    /// <summary>All calls, in order.</summary>
    public IReadOnlyList<(SchedulerContext Context, SchedulerStep Step)> Calls => Played()._calls;

    /// <summary>All decisions, in order, as text.</summary>
    public IReadOnlyList<string> Log => Played()._log;

    /// <summary>Whether all trials were created and nothing runs any more.</summary>
    public bool IsFinished => Played()._over && _trials.Count == TrialsInAll;

    /// <summary>The trials as they are in the end.</summary>
    public ImmutableList<Trial> Trials => Played()._trials;

    private IEnumerable<Trial> Running => _trials.Where(trial => trial.Status == TrialStatus.Running);

    private SchedulerPlay Played()
    {
        for (int tick = 0; tick < MostTicks && !_over && !_played; tick++)
        {
            SchedulerContext context = Context();
            SchedulerStep step = (everyCallElsewhere?.Invoke() ?? scheduler).Decide(context);
            _calls.Add((context, step));
            _state = everyCallElsewhere is null ? step.State : JsonSerializer.Deserialize<string>(JsonSerializer.Serialize(step.State));
            Apply(step);
            _over = !step.More && context.Running.IsEmpty && !Running.Any();
            Advance(tick);
        }

        _played = true;
        return this;
    }

    private SchedulerContext Context()
    {
        int free = Math.Min(Changeable, Math.Max(0, Slots - Running.Count()));
        return new()
        {
            Space = Space,
            Trials = new(_trials),
            Seed = seed,
            Reports = _reports,
            Awaiting = [.. _awaiting.Select(trial => new AwaitingTrial(trial, _trials[trial - 1].LastStep, _reports.Last(report => report.Trial == trial).Value))],
            Running = [.. Running.Select(trial => trial.Number)],
            Paused = [.. _trials.Where(trial => trial.Status == TrialStatus.Paused).Select(trial => trial.Number)],
            FreeSlots = free,
            ChangeableTrials = Changeable,
            CreatableTrials = TrialsInAll - _trials.Count,
            NextTrial = _trials.Count + 1,
            State = _state,
        };
    }

    private void Apply(SchedulerStep step)
    {
        foreach (Decision decision in step.Decisions)
        {
            _log.Add(FormattableString.Invariant($"{decision.Trial} {decision.Action} {decision.Until} {decision.From}"));
            _awaiting.Remove(decision.Trial);
            Trial trial = _trials[decision.Trial - 1];
            Set(decision.Action switch
            {
                DecisionAction.Continue => trial with { Until = decision.Until },
                DecisionAction.Pause => trial with { Status = TrialStatus.Paused },
                DecisionAction.Resume => trial with { Status = TrialStatus.Running, Segment = trial.Segment + 1, Until = decision.Until },
                DecisionAction.Exploit => Exploited(trial, decision),
                DecisionAction.Complete => trial with { Status = TrialStatus.Completed },
                _ => trial with { Status = TrialStatus.Stopped },
            });
        }

        foreach (RunLimit start in step.Starts)
        {
            _trials = _trials.Add(new() { Number = _trials.Count + 1, Configuration = Space.Decode([0.5, (_trials.Count % 100) / 100.0, 0.1]), Until = start.Until });
            _log.Add(FormattableString.Invariant($"{_trials.Count} Start {start.Until} {start.Budget}"));
        }
    }

    private Trial Exploited(Trial trial, Decision decision) => trial with
    {
        Status = TrialStatus.Paused,
        Configuration = decision.Configuration!,
        Checkpoints = [_trials[decision.From!.Value - 1].Checkpoints[^1]],
        Origins = trial.Origins.Add(new(trial.LastStep, decision.From!.Value, trial.Configuration, _trials[decision.From!.Value - 1].Checkpoints[^1].Step)),
    };

    /// <summary>Every running trial that does not wait goes on by a step, the slow ones not always.</summary>
    private void Advance(int tick)
    {
        foreach (Trial trial in Running.Where(trial => !_awaiting.Contains(trial.Number) && (tick + trial.Number) % ((trial.Number % 3) + 1) == 0).ToArray())
        {
            long step = trial.Position + 1;
            _reports = _reports.Add(new(trial.Number, step, ValueOf(trial.Number, step)));
            bool asks = step >= trial.Until;
            Trial stepped = trial with
            {
                Reports = trial.Reports.Add(new(step, new(), DateTimeOffset.UnixEpoch)),
                Checkpoints = asks ? [new(step, FormattableString.Invariant($"checkpoints/e/{trial.Number}/{trial.Segment}-{step}"), 1, new string('0', 64))] : trial.Checkpoints,
                Status = Fails(trial.Number, step) ? TrialStatus.Failed : step >= LastStep ? TrialStatus.Completed : TrialStatus.Running,
            };
            Set(stepped);
            if (asks && !stepped.IsFinal)
            {
                _awaiting.Add(trial.Number);
            }
        }
    }

    private void Set(Trial trial) => _trials = _trials.SetItem(trial.Number - 1, trial);
}
