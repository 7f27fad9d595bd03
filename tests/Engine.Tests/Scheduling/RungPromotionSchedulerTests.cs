using System.Collections.Immutable;
using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling;

public sealed class RungPromotionSchedulerContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("asha", Given.Json("""{"variant": "promotion", "max_t": 27, "reduction_factor": 3}"""));
}

public sealed class RungPromotionSchedulerTests
{
    private static ITrialScheduler Scheduler(string options = """{"variant": "promotion", "max_t": 27, "reduction_factor": 3}""") =>
        TrialSchedulerRegistry.Create("asynchyperband", Given.Json(options));

    private static SchedulerContext Context(AppendOnlyList<ScheduledReport> reports, params int[] paused) => new()
    {
        Seed = 1,
        Space = SchedulerPlay.Space,
        Reports = reports,
        Running = [],
        Paused = [.. paused],
        FreeSlots = 1,
        CreatableTrials = 50,
        NextTrial = reports.Select(report => report.Trial).DefaultIfEmpty(0).Max() + 1,
    };

    // Reduction factor 3: of six trials at rung 1 the best two (values 1 and 2, trials 4 and 2) go on, the better one first.
    [Fact]
    public void Decide_freeSlot_promotesTheBestOfTheTopThird()
    {
        AppendOnlyList<ScheduledReport> reports = [new(1, 1, 5), new(2, 1, 2), new(3, 1, 6), new(4, 1, 1), new(5, 1, 4), new(6, 1, 3)];

        Decision first = Assert.Single(Scheduler().Decide(Context(reports, 1, 2, 3, 4, 5, 6)).Decisions);
        Decision second = Assert.Single(Scheduler().Decide(Context(reports, 1, 2, 3, 5, 6) with { Running = [4] }).Decisions);
        SchedulerStep third = Scheduler().Decide(Context(reports, 1, 3, 5, 6) with { Running = [2, 4] });

        Assert.Equal((DecisionAction.Resume, 4, 3L), (first.Action, first.Trial, first.Until));
        Assert.Equal((DecisionAction.Resume, 2, 3L), (second.Action, second.Trial, second.Until));
        Assert.Empty(third.Decisions);
        Assert.Equal(1, Assert.Single(third.Starts).Until);
        Assert.Contains("number 1 of 6; the best 2 go on", first.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_severalRungs_promotesFromTheHighestFirst()
    {
        AppendOnlyList<ScheduledReport> reports = [new(1, 1, 9), new(2, 1, 8), new(3, 1, 7), new(4, 1, 6), new(5, 1, 5), new(6, 1, 4), new(4, 3, 3), new(5, 3, 2), new(6, 3, 1)];

        SchedulerStep step = Scheduler().Decide(Context(reports, 1, 2, 3, 4, 5, 6) with { FreeSlots = 3 });

        Decision only = Assert.Single(step.Decisions);
        Assert.Equal((6, 9L), (only.Trial, only.Until)); // at rung 1 the top third are trials that went on already
        Assert.Equal(2, step.Starts.Length);
    }

    [Fact]
    public void Decide_trialThatIsPromotableWhenItAsks_goesOnWithoutAPause()
    {
        AppendOnlyList<ScheduledReport> reports = [new(1, 1, 5), new(2, 1, 6), new(3, 1, 1)];

        SchedulerStep step = Scheduler().Decide(Context(reports, 1, 2) with { Awaiting = [new(3, 1, 1)], Running = [3], FreeSlots = 0 });

        Assert.Equal((DecisionAction.Continue, 3L), (Assert.Single(step.Decisions).Action, step.Decisions[0].Until));
    }

    [Fact]
    public void Decide_trialBehind_pauses_andStopsOnceItIsWithoutHope()
    {
        AppendOnlyList<ScheduledReport> reports = [new(1, 1, 1), new(2, 1, 2), new(3, 1, 3), new(4, 1, 4)];
        SchedulerContext context = Context(reports, 1, 2, 3) with { Awaiting = [new(4, 1, 4)], Running = [4], FreeSlots = 0 };

        Decision early = Scheduler().Decide(context).Decisions[0];
        SchedulerStep late = Scheduler().Decide(context with { CreatableTrials = 2 });

        Assert.Equal(DecisionAction.Pause, early.Action);
        Assert.Equal([(DecisionAction.Stop, 4), (DecisionAction.Stop, 3)], late.Decisions.Select(decision => (decision.Action, decision.Trial)));
    }

    [Fact]
    public void Decide_moreWithoutHopeThanMayChange_saysSo()
    {
        AppendOnlyList<ScheduledReport> reports = [.. Enumerable.Range(1, 9).Select(trial => new ScheduledReport(trial, 1, trial))];

        SchedulerStep step = Scheduler().Decide(Context(reports, [.. Enumerable.Range(1, 9)]) with { CreatableTrials = 0, FreeSlots = 0, ChangeableTrials = 2 });

        Assert.True(step.More);
        Assert.Equal([4, 5], step.Decisions.Select(decision => decision.Trial));
    }

    [Fact]
    public void Decide_valueMissing_isNeverPromoted()
    {
        AppendOnlyList<ScheduledReport> reports = [new(1, 1, null), new(2, 1, null), new(3, 1, null)];

        Assert.DoesNotContain(Scheduler().Decide(Context(reports, 1, 2, 3)).Decisions, decision => decision.Action == DecisionAction.Resume);
    }

    [Fact]
    public void Decide_fewerTrialsThanTheFactor_stillCompletesOne()
    {
        SchedulerPlay play = new(Scheduler(), seed: 5) { TrialsInAll = 2, Slots = 1, LastStep = 27 };

        Assert.True(play.IsFinished);
        Assert.Single(play.Trials, trial => trial.Status == TrialStatus.Completed);
    }

    [Fact]
    public void Decide_everyRung_getsItsShare_andFewMore()
    {
        SchedulerPlay play = new(Scheduler(), seed: 6) { TrialsInAll = 81, Slots = 1, LastStep = 27 };

        ImmutableArray<long> steps = [.. play.Trials.Select(trial => trial.LastStep)];

        Assert.True(play.IsFinished);
        Assert.Equal(81, steps.Count(step => step >= 1));
        Assert.InRange(steps.Count(step => step >= 3), 27, 32); // early promotions may turn out to be wrong
        Assert.InRange(steps.Count(step => step >= 9), 9, 13);
        Assert.InRange(steps.Count(step => step >= 27), 3, 6);
    }

    [Fact]
    public void Decide_manyTrials_promotesAsAPlainSortWould()
    {
        TestRandom random = new(7);
        AppendOnlyList<ScheduledReport> reports = [.. Enumerable.Range(1, 300).Select(trial => new ScheduledReport(trial, 1, random.Next(50)))];
        IEnumerable<int> expected = reports.OrderBy(report => report.Value).ThenBy(report => report.Trial).Take(100).Select(report => report.Trial);

        SchedulerStep step = Scheduler().Decide(Context(reports, [.. Enumerable.Range(1, 300)]) with { FreeSlots = 300, CreatableTrials = 0 });

        Assert.Equal(expected, step.Decisions.Where(decision => decision.Action == DecisionAction.Resume).Select(decision => decision.Trial));
    }
}
