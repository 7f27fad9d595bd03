using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;

namespace HpoServerless.Engine.Tests.Scheduling;

public sealed class RunToEndSchedulerContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("none", null);
}

public sealed class RunToEndSchedulerTests
{
    [Fact]
    public void Paused_trials_go_on_before_new_ones_start()
    {
        SchedulerStep step = TrialSchedulerRegistry.Create("none", null).Decide(new()
        {
            Seed = 1,
            Space = SchedulerPlay.Space,
            Reports = [],
            Running = [],
            Paused = [2, 3],
            FreeSlots = 3,
            CreatableTrials = 5,
            NextTrial = 4,
        });

        Assert.Equal([(DecisionAction.Resume, 2), (DecisionAction.Resume, 3)], step.Decisions.Select(decision => (decision.Action, decision.Trial)));
        Assert.Equal([new RunLimit(null)], step.Starts);
    }
}
