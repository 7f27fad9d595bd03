using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Scheduling;

/// <summary>No early stopping: every trial runs to its own end.</summary>
internal sealed class RunToEndScheduler : ITrialScheduler
{
    public string Name => "none";

    public SchedulerStep Decide(SchedulerContext context) => new(
        [
            .. context.Awaiting.Select(a => new Decision(DecisionAction.Continue, a.Trial, "every trial runs to its end")),
            .. context.Paused.Take(context.FreeSlots).Select(t => new Decision(DecisionAction.Resume, t, "every trial runs to its end")),
        ],
        [.. Enumerable.Repeat(new RunLimit(null), Math.Clamp(context.FreeSlots - context.Paused.Count, 0, context.CreatableTrials))]);
}
