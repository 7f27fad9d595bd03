using System.Collections.Immutable;
using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling;

public sealed class AsyncHyperBandSchedulerContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("asynchyperband", null);
}

public sealed class AsyncHyperBandSchedulerTests
{
    private static ITrialScheduler Scheduler(string options = "{}") => TrialSchedulerRegistry.Create("asynchyperband", Given.Json(options));

    private static SchedulerContext Context(ScheduledReports reports, params AwaitingTrial[] awaiting) => new()
    {
        Seed = 1,
        Space = SchedulerPlay.Space,
        Reports = reports,
        Awaiting = [.. awaiting],
        Running = [.. awaiting.Select(a => a.Trial)],
        Paused = [],
        FreeSlots = 0,
        CreatableTrials = 0,
        NextTrial = 100,
    };

    /// <summary>Values at the first rung of the trials 1, 2, ... in this order; the last one asks.</summary>
    private static Decision AtFirstRung(ITrialScheduler scheduler, params double?[] values)
    {
        ScheduledReports reports = [.. values.Select((v, i) => new ScheduledReport(i + 1, 1, v))];
        return Assert.Single(scheduler.Decide(Context(reports, new AwaitingTrial(values.Length, 1, values[^1]))).Decisions);
    }

    [Fact]
    public void Decide_newTrials_runToTheFirstRung()
    {
        SchedulerStep step = Scheduler("""{"grace_period": 2}""").Decide(Context([]) with { FreeSlots = 3, CreatableTrials = 2 });

        Assert.Equal([2L, 2L], step.Starts.Select(start => start.Until!.Value));
    }

    [Fact]
    public void Decide_firstAtARung_goesOnToTheNext()
    {
        Decision decision = AtFirstRung(Scheduler(), 1000);

        Assert.Equal((DecisionAction.Continue, 4L), (decision.Action, decision.Until));
    }

    // Cut-offs are the 25th percentile of the earlier values (reduction factor 4), by linear interpolation: checked with numpy.percentile.
    [Theory]
    [InlineData(new[] { 1.0, 2, 3, 4, 5 }, 2.0, true)]
    [InlineData(new[] { 1.0, 2, 3, 4, 5 }, 2.001, false)]
    [InlineData(new[] { 1.0, 2 }, 1.25, true)]
    [InlineData(new[] { 1.0, 2 }, 1.26, false)]
    [InlineData(new[] { 7.0 }, 7.0, true)]
    [InlineData(new[] { 7.0 }, 7.1, false)]
    public void Decide_againstEarlierTrials_cutsAtTheQuantile(double[] earlier, double value, bool goesOn)
    {
        Decision decision = AtFirstRung(Scheduler(), [.. earlier.Select(v => (double?)v), value]);

        Assert.Equal(goesOn ? DecisionAction.Continue : DecisionAction.Stop, decision.Action);
    }

    [Fact]
    public void Decide_earlierDecisions_areNotChangedByLaterTrials()
    {
        ITrialScheduler scheduler = Scheduler();
        ScheduledReports reports = [new(1, 1, 5), new(2, 1, 1), new(3, 1, 1)];

        Decision decision = Assert.Single(scheduler.Decide(Context(reports, new AwaitingTrial(1, 1, 5))).Decisions);

        Assert.Equal(DecisionAction.Continue, decision.Action); // it was the first there
    }

    [Fact]
    public void Decide_valueMissing_stops_andCountsForNobody()
    {
        Assert.Equal(DecisionAction.Stop, AtFirstRung(Scheduler(), (double?)null).Action);
        Assert.Equal(DecisionAction.Continue, AtFirstRung(Scheduler(), null, null, 3).Action);
    }

    private static ScheduledReport Lacking(int trial, long step) => new(trial, step, null) { Lacks = true };

    [Fact]
    public void Decide_reportWithoutTheMetric_runsOnToTheFirstThatHasIt()
    {
        ScheduledReports first = [Lacking(1, 1)];
        ScheduledReports has = [.. first, new(1, 2, 7)];
        ScheduledReports others = [.. has, Lacking(2, 1), new(2, 3, 8), new(3, 1, 6)];

        Decision waits = Assert.Single(Scheduler().Decide(Context(first, new AwaitingTrial(1, 1, null))).Decisions);
        Decision isFirst = Assert.Single(Scheduler().Decide(Context(has, new AwaitingTrial(1, 2, 7))).Decisions);
        Decision isWorse = Assert.Single(Scheduler().Decide(Context(others, new AwaitingTrial(2, 3, 8))).Decisions);
        Decision isBetter = Assert.Single(Scheduler().Decide(Context(others, new AwaitingTrial(3, 1, 6))).Decisions);

        Assert.Equal((DecisionAction.Continue, 2L), (waits.Action, waits.Until));
        Assert.Equal((DecisionAction.Continue, 4L), (isFirst.Action, isFirst.Until));
        Assert.Equal(DecisionAction.Stop, isWorse.Action);
        Assert.Contains("value 8, cut-off 7 from 1 earlier", isWorse.Reason, StringComparison.Ordinal);
        Assert.Equal((DecisionAction.Continue, 4L), (isBetter.Action, isBetter.Until));
    }

    // Rungs 1, 4, 16: the value of step 3 stands for that of step 4; at rung 16 nothing since rung 4 is finite.
    [Fact]
    public void Decide_valueNotFinite_isJudgedByTheLatestSinceTheRungBefore()
    {
        ScheduledReports reports = [new(1, 1, 9), new(1, 3, 5), new(1, 4, null)];

        Decision once = Assert.Single(Scheduler().Decide(Context(reports, new AwaitingTrial(1, 4, null))).Decisions);
        Decision ever = Assert.Single(Scheduler().Decide(Context([.. reports, new(1, 16, null)], new AwaitingTrial(1, 16, null))).Decisions);

        Assert.Equal(DecisionAction.Continue, once.Action);
        Assert.Contains("rung 4: value 5", once.Reason, StringComparison.Ordinal);
        Assert.Equal(DecisionAction.Stop, ever.Action);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Advance_metricInEveryThirdReport_stopsThePoorOnes(bool promotes)
    {
        string variant = promotes ? "promotion" : "stopping";
        ExperimentDefinition definition = Given.Definition(trials: 20, concurrent: 1) with { Scheduler = new("asha", Given.Json($$"""{"max_t": 27, "reduction_factor": 3, "variant": "{{variant}}"}""")) };
        Training<(int Trial, int Step)> training = new(
            definition,
            static trial => (trial, 0),
            static (state, _) => (state.Trial, state.Step + 1),
            static (state, _) => state.Step % 3 == 0 ? [("loss", state.Trial * 7 % 20), ("other", 1)] : [("other", 1)])
        {
            LastStep = 27,
        };
        training.Run();

        Assert.InRange(training.Play.State.Trials.Count(trial => trial.Status == TrialStatus.Completed), 1, 10);
        Assert.All(training.Play.State.Trials, trial => Assert.True(trial.LastStep >= 3 && trial.LastStep % 3 == 0));
        Assert.Contains(training.Play.State.Trials, trial => trial.Status == TrialStatus.Stopped && trial.LastStep == 3);
    }

    [Theory]
    [InlineData(OptimizationMode.Min, "-0.75", "-0.5")]
    [InlineData(OptimizationMode.Max, "0.75", "0.5")]
    public void Decide_reason_hasTheSignThatTrialsReport(OptimizationMode mode, string value, string cutOff)
    {
        ScheduledReports reports = [new(1, 1, -0.5), new(2, 1, -0.75)];

        Decision decision = Assert.Single(Scheduler().Decide(Context(reports, new AwaitingTrial(2, 1, -0.75)) with { Mode = mode }).Decisions);

        Assert.Equal(DecisionAction.Continue, decision.Action);
        Assert.Contains($" {value},", decision.Reason, StringComparison.Ordinal);
        Assert.Contains($" {cutOff} ", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_atMaxT_completes()
    {
        ITrialScheduler scheduler = Scheduler("""{"max_t": 4, "reduction_factor": 2}""");
        ScheduledReports reports = [new(1, 4, 1)];

        Decision decision = Assert.Single(scheduler.Decide(Context(reports, new AwaitingTrial(1, 4, 1))).Decisions);

        Assert.Equal(DecisionAction.Complete, decision.Action);
    }

    [Fact]
    public void Decide_afterTheLastRung_runsToMaxT()
    {
        ITrialScheduler scheduler = Scheduler("""{"max_t": 10}""");
        ScheduledReports reports = [new(1, 1, 1), new(1, 4, 1)];

        Decision decision = Assert.Single(scheduler.Decide(Context(reports, new AwaitingTrial(1, 4, 1))).Decisions);

        Assert.Equal((DecisionAction.Continue, 10L), (decision.Action, decision.Until));
    }

    [Fact]
    public void Decide_withoutItsMemory_decidesTheSame()
    {
        ITrialScheduler warm = Scheduler();
        ScheduledReports reports = [];
        TestRandom random = new(3);
        for (int trial = 1; trial <= 300; trial++)
        {
            double value = random.Next(1000);
            reports = reports.Add(new(trial, 1, value));
            SchedulerContext context = Context(reports, new AwaitingTrial(trial, 1, value));
            Assert.Equal(Assert.Single(Scheduler().Decide(context).Decisions), Assert.Single(warm.Decide(context).Decisions));
        }
    }

    [Fact]
    public void Decide_manyTrials_keepsAboutOneInFour()
    {
        ITrialScheduler scheduler = Scheduler();
        ScheduledReports reports = [];
        TestRandom random = new(4);
        int kept = 0;
        for (int trial = 1; trial <= 2000; trial++)
        {
            double value = random.Next(1_000_000);
            reports = reports.Add(new(trial, 1, value));
            kept += scheduler.Decide(Context(reports, new AwaitingTrial(trial, 1, value))).Decisions[0].Action == DecisionAction.Continue ? 1 : 0;
        }

        Assert.InRange(kept, 400, 600);
    }

    [Fact]
    public void Decide_severalBrackets_giveTrialsDifferentFirstRungs()
    {
        SchedulerStep step = Scheduler("""{"brackets": 3}""").Decide(Context([]) with { FreeSlots = 200, CreatableTrials = 200 });

        Assert.Equal([1L, 4L, 16L], step.Starts.Select(start => start.Until!.Value).Distinct().Order());
        ImmutableArray<int> counts = [.. ((long[])[1, 4, 16]).Select(f => step.Starts.Count(s => s.Until == f))];
        Assert.True(counts[0] > counts[1] && counts[1] > counts[2], "larger brackets are drawn more often");
    }

    [Theory]
    [InlineData("""{"reduction_factor": 1}""", "hpo_config.scheduler_param.reduction_factor")]
    [InlineData("""{"max_t": 0}""", "hpo_config.scheduler_param.max_t")]
    [InlineData("""{"max_t": 2.5}""", "hpo_config.scheduler_param.max_t")]
    [InlineData("""{"grace_period": 200}""", "hpo_config.scheduler_param.grace_period")]
    [InlineData("""{"brackets": "many"}""", "hpo_config.scheduler_param.brackets")]
    [InlineData("""{"time_attr": "epoch"}""", "hpo_config.scheduler_param.time_attr")]
    [InlineData("""{"eta": 3}""", "hpo_config.scheduler_param.eta")]
    public void Create_badOption_isRefusedByName(string options, string path)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Scheduler(options));

        Assert.Equal(path, Assert.Single(error.Faults).Path);
    }

    [Fact]
    public void Create_severalFaults_listsAll()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Scheduler("""{"reduction_factor": 0, "eta": 3, "max_t": -1}"""));

        Assert.Equal(3, error.Faults.Length);
    }

    [Fact]
    public void Create_unknownName_listsTheValidOnes()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => TrialSchedulerRegistry.Create("hyper", null));

        Assert.Contains("asynchyperband", Assert.Single(error.Faults).Rule, StringComparison.Ordinal);
    }
}
