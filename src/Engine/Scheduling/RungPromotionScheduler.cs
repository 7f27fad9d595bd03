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
/// <para>A trial that could not be promoted any more even if every trial yet to come were worse is stopped at once, so that the searcher learns of it.</para>
/// <para>
/// Cost: O(log n) comparisons an event, n being the trials at the rung, and one step for each trial that was promoted from the rung and is still on its way to the next.
/// Remembers nothing but what the reports say; rungs are memoised.
/// </para>
/// <para>
/// Source: L. Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020, algorithm 2.
/// Departures: a trial that is promotable when it reports goes on without a pause; a value that is missing or not finite is never promoted;
/// where nothing can be promoted or started any more and no trial was completed, the best one of the highest rung is promoted nevertheless, so that there is a result.
/// </para>
/// </remarks>
/// <param name="brackets">The rungs.</param>
/// <param name="factor">Of how many trials at a rung one is promoted.</param>
internal sealed class RungPromotionScheduler(RungBrackets brackets, double factor) : ITrialScheduler
{
    /// <summary>Most trials that one call stops without being asked, so that a turn stays short.</summary>
    private const int MostStops = 64;

    /// <summary>How many places behind the last that may still be promoted are looked at: more than can come between two calls.</summary>
    private const int SeenBehind = 512;

    private readonly PromotionRungs _rungs = new(brackets.Of);

    public string Name => "asynchyperband";

    public SchedulerStep Decide(SchedulerContext context)
    {
        _rungs.Update(context.Seed, context.Reports);
        Dictionary<long, long> most = MostAt(context);
        List<Decision> decisions = [.. context.Awaiting.Select(trial => Answer(context, most, trial))];
        int answered = decisions.Count;
        int goOn = decisions.Count(decision => decision.Action == DecisionAction.Continue);
        decisions.AddRange(Promotions(context).Take(context.FreeSlots));
        int starts = Math.Min(context.FreeSlots - (decisions.Count - answered), context.CreatableTrials);
        if (starts == 0 && goOn == 0 && decisions.Count == answered && context.FreeSlots > 0 && context.Running.Count == answered && Finisher(context) is { } finisher)
        {
            decisions.Add(finisher);
        }

        int left = context.ChangeableTrials - starts - (decisions.Count - answered);
        HashSet<int> resumed = [.. decisions.Select(decision => decision.Trial)];
        Decision[] hopeless = [.. Hopeless(context, most).Where(decision => !resumed.Contains(decision.Trial)).Take(Math.Min(left, MostStops) + 1)];
        decisions.AddRange(hopeless.Take(Math.Min(left, MostStops)));
        return new([.. decisions], [.. Enumerable.Range(context.NextTrial, starts).Select(trial => new RunLimit(brackets.Next(context.Seed, trial, 0)))])
        {
            More = hopeless.Length > Math.Min(left, MostStops),
        };
    }

    private Decision Answer(SchedulerContext context, Dictionary<long, long> most, AwaitingTrial trial)
    {
        if (trial.Step >= brackets.MaxT)
        {
            return new(DecisionAction.Complete, trial.Trial, $"ran to max_t {brackets.MaxT}");
        }

        if (_rungs.PlaceOf(trial.Trial) is not { } place)
        {
            return Onward(context, DecisionAction.Continue, trial.Trial, trial.Step, $"below its first rung at step {trial.Step}");
        }

        return IsPromotable(place) ? Onward(context, DecisionAction.Continue, trial.Trial, place.Rung, Compared(context, place))
            : IsHopeless(most, place) ? new(DecisionAction.Stop, trial.Trial, NoHope(context, most, place))
            : new(DecisionAction.Pause, trial.Trial, Compared(context, place));
    }

    /// <summary>Paused trials that may go on, those of the highest rung first, at each rung the best first.</summary>
    private IEnumerable<Decision> Promotions(SchedulerContext context)
    {
        foreach ((long step, PromotionRungs.Rung rung) in _rungs.Descending)
        {
            foreach ((double value, int trial) in rung.Waiting)
            {
                RungPlace place = new(step, value, rung.RankOf(value, trial), rung.Count);
                if (!IsPromotable(place))
                {
                    break;
                }

                if (context.Paused.Contains(trial))
                {
                    yield return Onward(context, DecisionAction.Resume, trial, step, Compared(context, place));
                }
            }
        }
    }

    private Decision? Finisher(SchedulerContext context)
    {
        // A completed trial has its value at max_t, so the reports of the last step tell of it.
        HashSet<int> completed = [.. context.Reports.Where(report => report.Step >= brackets.MaxT && report.Value is not null).Select(report => report.Trial)];
        if (completed.Count > 0)
        {
            return null;
        }

        foreach ((long step, PromotionRungs.Rung rung) in _rungs.Descending)
        {
            foreach ((double value, int trial) in rung.Waiting.Where(waiting => double.IsFinite(waiting.Value) && context.Paused.Contains(waiting.Trial)))
            {
                RungPlace place = new(step, value, rung.RankOf(value, trial), rung.Count);
                return Onward(context, DecisionAction.Resume, trial, step, $"{Compared(context, place)}; no trial was completed and nothing else is left to do, so the best goes on");
            }
        }

        return null;
    }

    /// <summary>Paused trials that have just lost their chance, at each rung the best first. Those further behind were stopped before.</summary>
    private IEnumerable<Decision> Hopeless(SchedulerContext context, Dictionary<long, long> most)
    {
        foreach ((long step, PromotionRungs.Rung rung) in _rungs.Descending)
        {
            int rank = Math.Max(1, Promoted(most[step]));
            foreach ((double value, int trial) in rung.From(rank + 1, SeenBehind))
            {
                rank++;
                if (context.Paused.Contains(trial) && _rungs.IsAt(trial, step))
                {
                    yield return new(DecisionAction.Stop, trial, NoHope(context, most, new(step, value, rank, rung.Count)));
                }
            }
        }
    }

    private Decision Onward(SchedulerContext context, DecisionAction action, int trial, long step, string reason) =>
        new(action, trial, reason) { Until = brackets.Next(context.Seed, trial, step) };

    private bool IsPromotable(RungPlace place) => double.IsFinite(place.Value) && place.Rank <= Promoted(place.Count);

    /// <summary>Whether it stays behind even if all trials that can still come are worse.</summary>
    private bool IsHopeless(Dictionary<long, long> most, RungPlace place) =>
        place.Rank > Math.Max(1, Promoted(most[place.Rung])) || (!double.IsFinite(place.Value) && place.Count > 1);

    private int Promoted(long count) => (int)Math.Floor((count / factor) + 1e-9);

    /// <summary>How many trials can get to each rung at most: those that were there, and all that are on their way or may yet be sent.</summary>
    private Dictionary<long, long> MostAt(SchedulerContext context)
    {
        long all = context.NextTrial - 1 + context.CreatableTrials;
        long coming = context.CreatableTrials + context.Running.Count;
        Dictionary<long, long> most = [];
        foreach (long step in brackets.All)
        {
            PromotionRungs.Rung? rung = _rungs.At(step);
            most[step] = brackets.Count > 1 ? all : Math.Min(all, (rung?.Count ?? 0) + coming);
            coming += Math.Min(rung?.Waiting.Count ?? 0, Promoted(most[step]));
        }

        return most;
    }

    private string Compared(SchedulerContext context, RungPlace place) =>
        $"rung {place.Rung}: value {new ReportedSign(context.Mode).Text(place.Value)} is number {place.Rank} of {place.Count}; the best {Promoted(place.Count)} go on";

    private string NoHope(SchedulerContext context, Dictionary<long, long> most, RungPlace place) =>
        $"rung {place.Rung}: value {new ReportedSign(context.Mode).Text(place.Value)} is number {place.Rank} of {place.Count}; of the {most[place.Rung]} that can get there at most {Math.Max(1, Promoted(most[place.Rung]))} go on";
}
