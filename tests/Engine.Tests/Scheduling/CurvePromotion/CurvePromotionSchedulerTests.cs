using System.Globalization;
using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.CurvePromotion;

public sealed class CurvePromotionSchedulerContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("curve_promotion", Given.Json("""{"max_t": 30}"""));
}

public sealed class CurvePromotionSchedulerTests
{
    private static ITrialScheduler Scheduler(string options = """{"max_t": 81}""") => TrialSchedulerRegistry.Create("curve_promotion", Given.Json(options));

    private static SchedulerPlay Play(int trials, int slots, Func<int, long, double?> value, string options = """{"max_t": 81}""") =>
        new(Scheduler(options), seed: 3) { TrialsInAll = trials, Slots = slots, LastStep = 81, ValueOf = value };

    /// <summary>Curves that fall at one speed to end / 100.</summary>
    private static double? Falling(int trial, long step) => (trial * 37 % 100 / 100.0) + Math.Exp(-step / 10.0);

    private static SchedulerContext Context(ScheduledReports reports, params int[] paused) => new()
    {
        Seed = 1,
        Space = SchedulerPlay.Space,
        Reports = reports,
        Running = [],
        Paused = [.. paused],
        FreeSlots = 1,
        CreatableTrials = 0,
        NextTrial = paused.Length + 1,
    };

    // Three trials: a tenth of 243 steps is less than two trials need, so the budget is 3 · 1 + 2 · 80 = 163 steps, enough for two. Nothing but the first
    // values is known, so the best of them goes on, to the next step of the ladder (1, 2, 3, 4, 6, 9, 13, ...).
    [Fact]
    public void Decide_fewTrials_theBestGoesOn()
    {
        SchedulerStep step = Scheduler().Decide(Context([new(1, 1, 0.7), new(2, 1, 0.4), new(3, 1, 0.9)], 1, 2, 3));

        Decision decision = Assert.Single(step.Decisions);
        Assert.Equal((DecisionAction.Resume, 2, 2L), (decision.Action, decision.Trial, decision.Until));
        Assert.Contains("number 1 of 3", decision.Reason, StringComparison.Ordinal);
    }

    // 1.0, 0.9, 0.8, ... falls in a straight line while 0.6, 0.59, 0.59, ... has flattened: after nine steps the first is behind, and promises more.
    [Fact]
    public void Decide_slowLearner_goesBeforeOneThatIsAheadAndFlat()
    {
        ScheduledReports reports = [];
        for (int step = 1; step <= 9; step++)
        {
            reports = reports.Add(new(1, step, 1.1 - (step / 20.0))).Add(new(2, step, 0.59 + (0.01 / step)));
        }

        Decision decision = Scheduler("""{"max_t": 81, "effort": 1}""").Decide(Context(reports, 1, 2)).Decisions[0];

        Assert.Equal((DecisionAction.Resume, 1), (decision.Action, decision.Trial));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Decide_wholeExperiment_keepsToItsBudget_andFinishesTheBest(int slots)
    {
        SchedulerPlay play = Play(100, slots, Falling);

        Assert.True(play.IsFinished);
        Assert.InRange(play.Trials.Sum(trial => trial.LastStep), 300, 810);
        Assert.Contains(play.Trials, trial => trial.Status == TrialStatus.Completed && trial.Number * 37 % 100 <= 2);
        Assert.InRange(play.Trials.Count(trial => trial.Status == TrialStatus.Completed), 1, 8);
    }

    [Fact]
    public void Decide_anyUnit_decidesTheSame()
    {
        SchedulerPlay one = Play(40, 4, Falling);
        SchedulerPlay other = Play(40, 4, static (trial, step) => (1024 * Falling(trial, step)) - 4096);

        Assert.Equal(one.Log, other.Log);
    }

    [Fact]
    public void Decide_withoutItsMemory_decidesTheSame()
    {
        SchedulerPlay one = Play(20, 3, Falling);
        SchedulerPlay other = new(Scheduler(), seed: 3, everyCallElsewhere: () => Scheduler()) { TrialsInAll = 20, Slots = 3, LastStep = 81, ValueOf = Falling };

        Assert.Equal(one.Log, other.Log);
    }

    [Fact]
    public void Decide_threeTrials_completesTwoAtMostAndOneAtLeast()
    {
        SchedulerPlay play = Play(3, 1, Falling);

        Assert.True(play.IsFinished);
        Assert.InRange(play.Trials.Count(trial => trial.Status == TrialStatus.Completed), 1, 2);
    }

    [Fact]
    public void Decide_valueMissing_stopsTheTrial()
    {
        ScheduledReports reports = [new(1, 1, 0.5), new(2, 1, null)];
        SchedulerContext context = Context(reports, 1) with { Awaiting = [new(2, 1, null)], Running = [2], FreeSlots = 0, NextTrial = 3 };

        Assert.Equal(DecisionAction.Stop, Assert.Single(Scheduler().Decide(context).Decisions).Action);
    }

    [Theory]
    [InlineData(double.MaxValue)]
    [InlineData(-double.MaxValue)]
    [InlineData(1e-300)]
    public void Decide_extremeValues_doNoHarm(double extreme)
    {
        SchedulerPlay play = Play(30, 3, (trial, step) => trial % 4 == 0 ? extreme : Falling(trial, step));

        Assert.True(play.IsFinished);
        Assert.Contains(play.Trials, trial => trial.Status == TrialStatus.Completed);
    }

    [Fact]
    public void Decide_moreWaitingThanItKeeps_stopsTheLeastPromising()
    {
        ScheduledReports reports = [.. Enumerable.Range(1, 200).Select(trial => new ScheduledReport(trial, 1, trial))];

        SchedulerStep step = Scheduler().Decide(Context(reports, [.. Enumerable.Range(1, 200)]) with { ChangeableTrials = 20, CreatableTrials = 5000 });

        Assert.True(step.More);
        Assert.Contains(step.Decisions, decision => decision is { Action: DecisionAction.Stop, Trial: 200 });
        Assert.DoesNotContain(step.Decisions, decision => decision is { Action: DecisionAction.Stop, Trial: < 100 });
    }

    [Fact]
    public void Decide_reason_hasTheSignThatTrialsReport()
    {
        ScheduledReports reports = [.. Enumerable.Range(1, 60).Select(step => new ScheduledReport(1, step, -0.75)), new(2, 1, -0.5)];

        Decision decision = Scheduler("""{"max_t": 81, "effort": 1}""").Decide(Context(reports, 1, 2) with { Mode = OptimizationMode.Max }).Decisions.Single(decision => decision.Trial == 1);

        string predicted = decision.Reason.Split("predicted ")[1].Split(' ')[0];
        Assert.InRange(double.Parse(predicted, CultureInfo.InvariantCulture), 0.5, 1);
    }

    [Theory]
    [InlineData("""{"effort": 0}""", "hpo_config.scheduler_param.effort")]
    [InlineData("""{"effort": 1.5}""", "hpo_config.scheduler_param.effort")]
    [InlineData("""{"optimism": -1}""", "hpo_config.scheduler_param.optimism")]
    [InlineData("""{"max_t": 0}""", "hpo_config.scheduler_param.max_t")]
    [InlineData("""{"max_t": 9, "grace_period": 10}""", "hpo_config.scheduler_param.grace_period")]
    public void Create_badOption_isRefusedByName(string options, string path)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Scheduler(options));

        Assert.Equal(path, Assert.Single(error.Faults).Path);
    }
}
