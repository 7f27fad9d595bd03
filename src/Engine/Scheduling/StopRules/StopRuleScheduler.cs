using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>Lets every trial run, and stops those that a rule finds hopeless: it looks at each every few steps.</summary>
/// <remarks>Remembers nothing but what the reports say. Cost: O(log n) a look, n being the trials that got as far, besides what the rule needs.</remarks>
internal sealed class StopRuleScheduler : ITrialScheduler
{
    private readonly IStopRule _rule;
    private readonly CurveTable _curves;
    private readonly long _warmup;
    private readonly long _interval;

    /// <param name="name">Name in the registry.</param>
    /// <param name="rule">Judges.</param>
    /// <param name="options">The options, of which it reads when to look.</param>
    public StopRuleScheduler(string name, IStopRule rule, OptionReader options)
    {
        Name = name;
        _rule = rule;
        _curves = new(rule.Standing);
        options.Choice("time_attr", "training_iteration", "training_iteration");
        _warmup = options.Integer("warmup_steps", 0, v => v is >= 0 and <= 1_000_000_000, "must be a whole number from 0 to 1000000000");
        _interval = options.Integer("interval_steps", 1, v => v is >= 1 and <= 1_000_000_000, "must be a whole number from 1 to 1000000000");
    }

    public string Name { get; }

    public SchedulerStep Decide(SchedulerContext context)
    {
        _curves.Update(context.Reports);
        return new(
            [
                .. context.Awaiting.Select(trial => Judge(context, trial)),
                .. context.Paused.Take(context.FreeSlots).Select(trial => new Decision(DecisionAction.Resume, trial, "nothing speaks against it") { Until = NextLook(_curves.CurveOf(trial)?.Points[^1].Step ?? 0) }),
            ],
            [.. Enumerable.Repeat(new RunLimit(NextLook(0)), Math.Clamp(context.FreeSlots - context.Paused.Count, 0, context.CreatableTrials))]);
    }

    private Decision Judge(SchedulerContext context, AwaitingTrial trial)
    {
        if (trial.Step <= _warmup)
        {
            return new(DecisionAction.Continue, trial.Trial, $"no look before step {_warmup} has passed") { Until = NextLook(trial.Step) };
        }

        StopVerdict verdict = _rule.Judge(_curves, trial, new(context.Mode), context);
        return verdict.Stops
            ? new(DecisionAction.Stop, trial.Trial, verdict.Compared)
            : new(DecisionAction.Continue, trial.Trial, verdict.Compared) { Until = NextLook(trial.Step) };
    }

    /// <summary>The first step to look at after a step: warmup + interval, warmup + 2 interval, …</summary>
    private long NextLook(long step) => _warmup + (_interval * (step < _warmup ? 1 : ((step - _warmup) / _interval) + 1));
}
