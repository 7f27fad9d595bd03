using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling.Rungs;
using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling;

/// <summary>Asynchronous successive halving (ASHA), promotion variant: a trial pauses at each rung and goes on once it is among the best there.</summary>
/// <remarks>
/// <para>
/// Whenever a slot is free, the best waiting trial of the highest rung at which it is in the top 1/reduction_factor goes on to the next rung; where there is
/// none, a new trial starts. Nobody waits for a straggler. Rungs and brackets are those of the stopping variant.
/// </para>
/// <para>
/// Trials that failed count at no rung any more, so that others take their places. Since any trial may fail, one that waits is never without hope while
/// others run: those that wait are stopped when nothing runs any more. Where no trial was completed by then, the best one of the highest rung goes on first, again
/// and again until one is completed or none waits.
/// </para>
/// <para>
/// Cost: O(log n) comparisons a report, resume or stop, n being the trials at the rung, and O(1) a running trial. Remembers nothing but what the context says;
/// rungs are memoised.
/// </para>
/// <para>
/// Source: L. Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020, algorithm 2.
/// Departures: a trial that is promotable when it reports goes on without a pause; one that has no finite value is never promoted and stops at once;
/// reports need not have the metric (<see cref="RungArrivals"/>); what happens to failed trials and in the end.
/// </para>
/// </remarks>
/// <param name="brackets">The rungs.</param>
/// <param name="factor">Of how many trials at a rung one is promoted.</param>
internal sealed class RungPromotionScheduler(RungBrackets brackets, double factor) : ITrialScheduler
{
    private readonly PromotionRungs _rungs = new(new(brackets.Of, static report => report.Value is not null));

    public string Name => "asynchyperband";

    public SchedulerStep Decide(SchedulerContext context)
    {
        _rungs.Update(context);
        Decision[] answers = [.. context.Awaiting.Select(trial => Answer(context, trial))];
        Decision[] changes = [.. Promotions(context).Take(context.FreeSlots)];
        int starts = Math.Min(context.FreeSlots - changes.Length, context.CreatableTrials);
        bool more = false;
        if (context.Running.IsEmpty && context.FreeSlots > 0 && changes.Length + starts == 0)
        {
            (changes, more) = Finish(context);
        }

        foreach (Decision change in changes)
        {
            _rungs.Leave(change.Trial);
        }

        return new([.. answers, .. changes], [.. Enumerable.Range(context.NextTrial, starts).Select(trial => new RunLimit(brackets.Next(context.Seed, trial, 0)))]) { More = more };
    }

    private Decision Answer(SchedulerContext context, AwaitingTrial trial)
    {
        if (trial.Step >= brackets.MaxT)
        {
            return new(DecisionAction.Complete, trial.Trial, $"ran to max_t {brackets.MaxT}");
        }

        long rung = _rungs.RungAt(context.Seed, trial.Trial, trial.Step);
        if (rung == 0)
        {
            return Onward(context, DecisionAction.Continue, trial.Trial, trial.Step, $"below its first rung at step {trial.Step}");
        }

        if (_rungs.PlaceOf(trial.Trial) is not { } place || place.Rung < rung)
        {
            return new(DecisionAction.Continue, trial.Trial, $"rung {rung}: no value to judge by from there on up to step {trial.Step}") { Until = trial.Step + 1 };
        }

        return IsPromotable(place) ? Onward(context, DecisionAction.Continue, trial.Trial, place.Rung, Compared(context, place))
            : double.IsFinite(place.Value) ? new(DecisionAction.Pause, trial.Trial, Compared(context, place))
            : new(DecisionAction.Stop, trial.Trial, $"{Compared(context, place)}, and none that has no finite value");
    }

    /// <summary>Paused trials that may go on, those of the highest rung first, at each rung the best first.</summary>
    private IEnumerable<Decision> Promotions(SchedulerContext context) =>
        _rungs.Descending.SelectMany(Promotable).Select(waiting => Onward(context, DecisionAction.Resume, waiting.Trial, waiting.Place.Rung, Compared(context, waiting.Place)));

    private IEnumerable<(int Trial, RungPlace Place)> Promotable(PromotionRung rung) => Waiting(rung).TakeWhile(waiting => IsPromotable(waiting.Place));

    private static IEnumerable<(int Trial, RungPlace Place)> Waiting(PromotionRung rung) => rung.Waiting.Select(waiting => (waiting.Trial, rung.PlaceOf(waiting.Value, waiting.Trial)));

    /// <summary>What is done once nothing runs and nothing else can: the best trial goes on where none was completed; else those that wait end.</summary>
    private (Decision[] Decisions, bool More) Finish(SchedulerContext context)
    {
        IEnumerable<(int Trial, RungPlace Place)> waiting = _rungs.Descending.SelectMany(Waiting);
        if (_rungs.Completed == 0)
        {
            Decision[] best =
            [
                .. waiting.Where(trial => double.IsFinite(trial.Place.Value)).Take(1).Select(trial => Onward(
                    context, DecisionAction.Resume, trial.Trial, trial.Place.Rung, $"{Compared(context, trial.Place)}; no trial was completed and nothing else is left to do, so the best goes on")),
            ];
            if (best.Length > 0)
            {
                return (best, false);
            }
        }

        Decision[] stops =
        [
            .. waiting.Take(context.ChangeableTrials)
                .Select(trial => new Decision(DecisionAction.Stop, trial.Trial, $"{Compared(context, trial.Place)}, and nothing runs any more that could change that")),
        ];
        return (stops, _rungs.Descending.Sum(rung => rung.Waiting.Count) > stops.Length);
    }

    private Decision Onward(SchedulerContext context, DecisionAction action, int trial, long step, string reason) =>
        new(action, trial, reason) { Until = brackets.Next(context.Seed, trial, step) };

    private bool IsPromotable(RungPlace place) => double.IsFinite(place.Value) && place.Rank <= Promoted(place.Count);

    private int Promoted(long count) => (int)Math.Floor((count / factor) + 1e-9);

    private string Compared(SchedulerContext context, RungPlace place) =>
        $"rung {place.Rung}: value {new ReportedSign(context.Mode).Text(place.Value)} is number {place.Rank} of {place.Count}; the best {Promoted(place.Count)} go on";
}
