using System.Collections.Immutable;
using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Space;
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

    private static SchedulerContext Context(ScheduledReports reports, params int[] paused) => new()
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

    private static ScheduledTrials Of(params TrialStatus[] statuses) =>
        new([.. statuses.Select((status, i) => new Trial { Number = i + 1, Configuration = Configuration.Empty, Status = status })]);

    // Reduction factor 3: of six trials at rung 1 the best two (values 1 and 2, trials 4 and 2) go on, the better one first.
    [Fact]
    public void Decide_freeSlot_promotesTheBestOfTheTopThird()
    {
        ScheduledReports reports = [new(1, 1, 5), new(2, 1, 2), new(3, 1, 6), new(4, 1, 1), new(5, 1, 4), new(6, 1, 3)];

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
        ScheduledReports reports = [new(1, 1, 9), new(2, 1, 8), new(3, 1, 7), new(4, 1, 6), new(5, 1, 5), new(6, 1, 4), new(4, 3, 3), new(5, 3, 2), new(6, 3, 1)];

        SchedulerStep step = Scheduler().Decide(Context(reports, 1, 2, 3, 4, 5, 6) with { FreeSlots = 3 });

        Decision only = Assert.Single(step.Decisions);
        Assert.Equal((6, 9L), (only.Trial, only.Until)); // at rung 1 the top third are trials that went on already
        Assert.Equal(2, step.Starts.Length);
    }

    [Fact]
    public void Decide_trialThatIsPromotableWhenItAsks_goesOnWithoutAPause()
    {
        ScheduledReports reports = [new(1, 1, 5), new(2, 1, 6), new(3, 1, 1)];

        SchedulerStep step = Scheduler().Decide(Context(reports, 1, 2) with { Awaiting = [new(3, 1, 1)], Running = [3], FreeSlots = 0 });

        Assert.Equal((DecisionAction.Continue, 3L), (Assert.Single(step.Decisions).Action, step.Decisions[0].Until));
    }

    // Trials 1 to 3 may all fail, so that trial 4 is not without hope although it is behind and nothing new comes.
    [Fact]
    public void Decide_trialBehind_pauses_andWaitsWhileOthersRun()
    {
        ScheduledReports reports = [new(1, 1, 1), new(2, 1, 2), new(3, 1, 3), new(4, 1, 4)];
        SchedulerContext context = Context(reports, 2, 3) with { Awaiting = [new(4, 1, 4)], Running = [1, 4], FreeSlots = 0, CreatableTrials = 0 };

        Assert.Equal([(DecisionAction.Pause, 4)], Scheduler().Decide(context).Decisions.Select(decision => (decision.Action, decision.Trial)));
    }

    [Fact]
    public void Decide_nothingRunsAnyMore_stopsWhatWaits_asManyAsMayChange()
    {
        ScheduledReports reports = [new(1, 27, 1), new(2, 3, 2), new(3, 1, 3), new(4, 1, 4)];
        SchedulerContext context = Context(reports, 2, 3, 4) with { Trials = Of(TrialStatus.Completed, TrialStatus.Paused, TrialStatus.Paused, TrialStatus.Paused), CreatableTrials = 0, ChangeableTrials = 2 };

        SchedulerStep step = Scheduler().Decide(context);
        SchedulerStep last = Scheduler().Decide(context with { ChangeableTrials = 3 });

        Assert.True(step.More);
        Assert.Equal([(DecisionAction.Stop, 2), (DecisionAction.Stop, 3)], step.Decisions.Select(decision => (decision.Action, decision.Trial)));
        Assert.Contains("rung 1: value 3 is number 1 of 2; the best 0 go on", step.Decisions[1].Reason, StringComparison.Ordinal);
        Assert.False(last.More);
        Assert.Equal(3, last.Decisions.Length);
    }

    // Reduction factor 3, six trials at rung 1: trials 1 and 2 were promoted; when both have failed, the best third of the other four is one trial.
    [Fact]
    public void Decide_promotedTrialsFailed_promotesOthersInTheirPlace()
    {
        ScheduledReports reports = [new(1, 1, 1), new(2, 1, 2), new(3, 1, 3), new(4, 1, 4), new(5, 1, 5), new(6, 1, 6)];
        SchedulerContext context = Context(reports, 3, 4, 5, 6) with { Running = [1, 2], CreatableTrials = 0 };
        ITrialScheduler scheduler = Scheduler();

        Assert.Empty(scheduler.Decide(context).Decisions);
        SchedulerContext failed = context with { Running = [], Trials = Of(TrialStatus.Failed, TrialStatus.Failed, TrialStatus.Paused, TrialStatus.Paused, TrialStatus.Paused, TrialStatus.Paused) };
        Decision decision = Assert.Single(scheduler.Decide(failed).Decisions);

        Assert.Equal((DecisionAction.Resume, 3, 3L), (decision.Action, decision.Trial, decision.Until));
        Assert.Contains("number 1 of 4; the best 1 go on", decision.Reason, StringComparison.Ordinal);
        Assert.Equal(decision, Assert.Single(Scheduler().Decide(failed).Decisions));
    }

    // Eight trials, reduction factor 4: the two that are promoted fail at once.
    [Fact]
    public void Advance_promotedTrialsFail_stillCompletesOne()
    {
        ExperimentDefinition definition = Given.Definition(trials: 8, concurrent: 8) with
        {
            Scheduler = new("asha", Given.Json("""{"variant": "promotion", "max_t": 16, "reduction_factor": 4}""")),
        };
        Training<int> training = new(definition, static trial => trial, static (trial, _) => trial, static (trial, _) => [("loss", trial)])
        {
            Fails = static (trial, step) => trial <= 2 && step == 2,
        };
        training.Run();

        Trial completed = Assert.Single(training.Play.State.Trials, trial => trial.Status == TrialStatus.Completed);
        Assert.Equal((3, 16L), (completed.Number, completed.LastStep));
        Assert.Equal(ExperimentStatus.Succeeded, training.Play.State.Summary.Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Decide_allButOneFail_completesThatOne(int slots)
    {
        SchedulerPlay play = new(Scheduler(), seed: 8) { TrialsInAll = 40, Slots = slots, LastStep = 27, ValueOf = static (trial, _) => trial, Fails = static (trial, step) => trial != 33 && step >= 2 };

        Assert.True(play.IsFinished);
        Assert.Equal(33, Assert.Single(play.Trials, trial => trial.Status == TrialStatus.Completed).Number);
    }

    [Fact]
    public void Decide_manyTrials_stopsNoneThatCouldStillBePromoted()
    {
        SchedulerPlay play = new(Scheduler("""{"variant": "promotion", "max_t": 81, "reduction_factor": 3}"""), seed: 9)
        {
            TrialsInAll = 220,
            Slots = 8,
            LastStep = 81,
            ValueOf = static (trial, step) => ((trial * 7919) % 223) + (((trial * 104_729) % 97) / (double)step), // ranks change from rung to rung
            Fails = static (trial, step) => trial % 4 == 0 && step == 2 + (trial % 13),
        };

        Assert.True(play.IsFinished);
        HashSet<int> alive = [.. play.Trials.Where(trial => trial.Status != TrialStatus.Failed).Select(trial => trial.Number)];
        ScheduledReport[] reports = [.. play.Calls[^1].Context.Reports.Where(report => alive.Contains(report.Trial))];
        Trial[] stopped = [.. play.Trials.Where(trial => trial.Status == TrialStatus.Stopped)];
        Assert.InRange(stopped.Length, 50, 220);
        Assert.All(stopped, trial =>
        {
            ScheduledReport[] rung = [.. reports.Where(report => report.Step == trial.LastStep)];
            int before = rung.OrderBy(report => report.Value).ThenBy(report => report.Trial).TakeWhile(report => report.Trial != trial.Number).Count();
            Assert.True(before + 1 > rung.Length / 3, $"trial {trial.Number} at rung {trial.LastStep}");
        });
    }

    [Fact]
    public void Decide_withoutItsMemory_decidesTheSame()
    {
        SchedulerPlay play = new(Scheduler(), seed: 10) { TrialsInAll = 60, Slots = 5, LastStep = 20, Fails = static (trial, step) => (trial + step) % 9 == 0 };

        Assert.All(play.Calls, call =>
        {
            SchedulerStep fresh = Scheduler().Decide(call.Context);
            Assert.Equal(fresh.Decisions.AsEnumerable(), call.Step.Decisions);
            Assert.Equal(fresh.Starts.AsEnumerable(), call.Step.Starts);
        });
    }

    // The same reports, but trial 1 failed in one history and waits in the other.
    [Fact]
    public void Decide_anotherHistoryWithTheSameReports_isNotMixedUp()
    {
        ScheduledReports reports = [new(1, 1, 1), new(2, 1, 2), new(3, 1, 3)];
        SchedulerContext failed = Context(reports, 2, 3) with { Trials = Of(TrialStatus.Failed, TrialStatus.Paused, TrialStatus.Paused) };
        SchedulerContext waits = Context(reports, 1, 2, 3) with { Trials = Of(TrialStatus.Paused, TrialStatus.Paused, TrialStatus.Paused) };
        ITrialScheduler scheduler = Scheduler();

        Assert.Empty(scheduler.Decide(failed).Decisions);
        Assert.Equal(1, Assert.Single(scheduler.Decide(waits).Decisions).Trial);
        Assert.Empty(scheduler.Decide(failed).Decisions);
    }

    [Fact]
    public void Decide_reportWithoutTheMetric_goesOnUntilThereIsOne()
    {
        ScheduledReport none = new(1, 1, null) { Lacks = true };
        SchedulerContext Asking(long step, params ReadOnlySpan<ScheduledReport> reports) => Context([.. reports]) with { Awaiting = [new(1, step, null)], Running = [1], FreeSlots = 0 };

        Decision before = Assert.Single(Scheduler().Decide(Asking(1, none)).Decisions);
        Decision there = Assert.Single(Scheduler().Decide(Asking(2, none, new(1, 2, 5))).Decisions);
        Decision later = Assert.Single(Scheduler().Decide(Asking(3, none, new(1, 2, 5), none with { Step = 3 })).Decisions);

        Assert.Equal((DecisionAction.Continue, 2L), (before.Action, before.Until));
        Assert.Equal(DecisionAction.Pause, there.Action);
        Assert.Equal((DecisionAction.Continue, 4L), (later.Action, later.Until));
    }

    [Fact]
    public void Decide_noFiniteValue_stopsAtOnce()
    {
        SchedulerContext context = Context([new(1, 1, null)]) with { Awaiting = [new(1, 1, null)], Running = [1], FreeSlots = 0 };

        Assert.Equal(DecisionAction.Stop, Assert.Single(Scheduler().Decide(context).Decisions).Action);
    }

    [Fact]
    public void Decide_valueMissing_isNeverPromoted()
    {
        ScheduledReports reports = [new(1, 1, null), new(2, 1, null), new(3, 1, null)];

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
        ScheduledReports reports = [.. Enumerable.Range(1, 300).Select(trial => new ScheduledReport(trial, 1, random.Next(50)))];
        IEnumerable<int> expected = reports.OrderBy(report => report.Value).ThenBy(report => report.Trial).Take(100).Select(report => report.Trial);

        SchedulerStep step = Scheduler().Decide(Context(reports, [.. Enumerable.Range(1, 300)]) with { FreeSlots = 300, CreatableTrials = 0 });

        Assert.Equal(expected, step.Decisions.Where(decision => decision.Action == DecisionAction.Resume).Select(decision => decision.Trial));
    }
}
