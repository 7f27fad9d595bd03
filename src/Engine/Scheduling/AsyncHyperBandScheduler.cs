using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Scheduling.Rungs;

namespace HpoServerless.Engine.Scheduling;

/// <summary>Asynchronous successive halving (ASHA), stopping variant: at each rung a trial goes on only if it is among the best so far.</summary>
/// <remarks>
/// <para>
/// Rungs lie at <c>grace_period · reduction_factor^k</c> below <c>max_t</c>. A trial that reaches a rung is compared with those that reached it before:
/// it stops if its value is worse than their (1 − 1/reduction_factor) percentile (linear interpolation). The first with a value at a rung always goes on, and a trial
/// that reaches <c>max_t</c> is complete. With several brackets a trial's first rung is higher by one factor for each bracket number.
/// </para>
/// <para>
/// With several metrics a trial is compared by the front that it belongs to among those at the rung, and within a front by the room it has
/// (<see cref="FrontRung"/>): it goes on if it is on the first front or among the best 1/reduction_factor.
/// </para>
/// <para>
/// Cost: O(log n) comparisons a decision, n being the trials at the rung; O(n log n) with two metrics, O(n²) at worst with more. Remembers nothing
/// but what the reports say; rungs are memoised.
/// </para>
/// <para>
/// Source: L. Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020, algorithm 2, in the stopping form.
/// Departures: the bracket of a trial is drawn from the experiment's named random stream, so that it does not depend on the order of arrival;
/// reports need not have the metric (<see cref="RungArrivals"/>): a trial without one since the rung goes on until it has one, and one whose values are not finite is
/// worse than any other.
/// </para>
/// </remarks>
internal sealed class AsyncHyperBandScheduler : ITrialScheduler
{
    private readonly RungBrackets _brackets;
    private readonly RungTable _values;
    private readonly RungTable _fronts;

    private AsyncHyperBandScheduler(RungBrackets brackets, double factor)
    {
        _brackets = brackets;
        _values = new(new(brackets.Of, static report => report.Value is not null), () => new ValueRung(1 / factor));
        _fronts = new(new(brackets.Of, static report => !report.Objectives.IsDefault), () => new FrontRung(1 / factor));
    }

    public string Name => "asynchyperband";

    /// <summary>Reads the options of both variants.</summary>
    public static ITrialScheduler Create(OptionReader options)
    {
        options.Choice("time_attr", "training_iteration", "training_iteration");
        long maxT = options.Integer("max_t", 100, v => v >= 1, "must be a whole number, at least 1");
        long grace = options.Integer("grace_period", 1, v => v >= 1, "must be a whole number, at least 1");
        double factor = options.Number("reduction_factor", 4, v => v > 1, "must be above 1");
        long count = options.Integer("brackets", 1, v => v is >= 1 and <= 64, "must be a whole number from 1 to 64");
        bool promotes = options.Choice("variant", "stopping", "stopping", "promotion") == "promotion";
        if (grace > maxT)
        {
            options.Fault("grace_period", $"{grace}", $"must be at most max_t, which is {maxT}");
            grace = maxT;
        }

        RungBrackets brackets = new(maxT, grace, factor, (int)count);
        return promotes ? new RungPromotionScheduler(brackets, factor) : new AsyncHyperBandScheduler(brackets, factor);
    }

    public SchedulerStep Decide(SchedulerContext context)
    {
        RungTable rungs = context.Objectives > 1 ? _fronts : _values;
        rungs.Update(context.Seed, context.Reports);
        return new(
            [.. context.Awaiting.Select(a => Judge(context, rungs, a))],
            [
                .. Enumerable.Range(context.NextTrial, Math.Min(context.FreeSlots, context.CreatableTrials))
                    .Select(t => new RunLimit(_brackets.Next(context.Seed, t, 0))),
            ]);
    }

    private Decision Judge(SchedulerContext context, RungTable rungs, AwaitingTrial trial)
    {
        if (trial.Step >= _brackets.MaxT)
        {
            return new(DecisionAction.Complete, trial.Trial, $"ran to max_t {_brackets.MaxT}");
        }

        long next = _brackets.Next(context.Seed, trial.Trial, trial.Step);
        long rung = rungs.RungAt(context.Seed, trial.Trial, trial.Step);
        if (rung == 0)
        {
            return new(DecisionAction.Continue, trial.Trial, $"below its first rung at step {trial.Step}") { Until = next };
        }

        if (rungs.Judge(rung, trial.Trial, new(context.Mode)) is not { } verdict)
        {
            return new(DecisionAction.Continue, trial.Trial, $"rung {rung}: no value to judge by from there on up to step {trial.Step}") { Until = trial.Step + 1 };
        }

        string compared = $"rung {rung}: {verdict.Compared}";
        return verdict.GoesOn
            ? new(DecisionAction.Continue, trial.Trial, compared) { Until = next }
            : new(DecisionAction.Stop, trial.Trial, compared);
    }
}
