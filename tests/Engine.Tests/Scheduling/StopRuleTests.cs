using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling;

/// <summary>Each rule in both directions, against cases computed by hand.</summary>
public sealed class StopRuleTests
{
    /// <summary>Judges the last of some curves at its last step.</summary>
    /// <param name="name">Scheduler.</param>
    /// <param name="options">Its options.</param>
    /// <param name="mode">With max the curves are negated before the scheduler sees them, as the experiment does.</param>
    /// <param name="curves">Values as reported, by trial; NaN for missing.</param>
    private static Decision Judge(string name, string options, OptimizationMode mode, params double[][] curves)
    {
        ScheduledReports reports = [];
        for (int trial = 1; trial <= curves.Length; trial++)
        {
            for (int step = 1; step <= curves[trial - 1].Length; step++)
            {
                double value = curves[trial - 1][step - 1];
                reports = reports.Add(new(trial, step, double.IsNaN(value) ? null : mode == OptimizationMode.Max ? -value : value));
            }
        }

        ScheduledReport last = reports[^1];
        Trial[] trials = [.. Enumerable.Range(1, curves.Length).Select(trial => new Trial { Number = trial, Configuration = Configuration.Empty, Status = trial < curves.Length ? TrialStatus.Completed : TrialStatus.Running })];
        SchedulerStep answer = TrialSchedulerRegistry.Create(name, Given.Json(options)).Decide(new()
        {
            Seed = 1,
            Space = SchedulerPlay.Space,
            Trials = new([.. trials]),
            Reports = reports,
            Awaiting = [new(last.Trial, last.Step, last.Value)],
            Running = [last.Trial],
            Paused = [],
            FreeSlots = 0,
            CreatableTrials = 0,
            NextTrial = curves.Length + 1,
            Mode = mode,
        });
        return Assert.Single(answer.Decisions);
    }

    private static double[] Negated(double[] values) => [.. values.Select(value => -value)];

    // Means over two steps of the others: 2, 4, 6: the median is 4. Over one step: 1, 4, 8.
    [Theory]
    [InlineData(new[] { 3.0, 5 }, false)]
    [InlineData(new[] { 3.0, 5.5 }, true)]
    [InlineData(new[] { 4.0 }, false)]
    [InlineData(new[] { 4.5 }, true)]
    public void Median_compares_means(double[] own, bool stops)
    {
        double[][] others = [[1, 3], [4, 4], [8, 4]];

        Decision min = Judge("median", """{"min_trials": 3}""", OptimizationMode.Min, [.. others, own]);
        Decision max = Judge("median", """{"min_trials": 3}""", OptimizationMode.Max, [.. others.Select(Negated), Negated(own)]);

        Assert.Equal(stops ? DecisionAction.Stop : DecisionAction.Continue, min.Action);
        Assert.Equal(min.Action, max.Action);
        Assert.Contains("median 4 of 3 others", min.Reason, StringComparison.Ordinal);
        Assert.Contains("median -4 of 3 others", max.Reason, StringComparison.Ordinal);
    }

    // Means of the others: 2 (of 1 and 3), 4 and 8: the median is 4; missing values are left out on both sides.
    [Theory]
    [InlineData(new[] { double.NaN, 3 }, false)]
    [InlineData(new[] { 4, double.NaN }, false)]
    [InlineData(new[] { double.NaN, 5 }, true)]
    [InlineData(new[] { double.NaN, double.NaN }, true)]
    public void Median_leaves_out_missing_values(double[] own, bool stops)
    {
        double[][] others = [[1, 3, 100], [double.NaN, 4], [8, double.NaN]];

        Decision decision = Judge("median", """{"min_trials": 3}""", OptimizationMode.Min, [.. others, own]);

        Assert.Equal(stops ? DecisionAction.Stop : DecisionAction.Continue, decision.Action);
        Assert.Contains("median 4 of 3 others", decision.Reason, StringComparison.Ordinal);
    }

    // Of two others one has no value at all: the median between 4 and none is 4.
    [Theory]
    [InlineData(4.0, false)]
    [InlineData(4.5, true)]
    public void Median_between_a_value_and_none_is_the_value(double own, bool stops) =>
        Assert.Equal(stops, Judge("median", """{"min_trials": 2}""", OptimizationMode.Min, [4], [double.NaN], [own]).Action == DecisionAction.Stop);

    [Fact]
    public void Nobody_is_judged_against_fewer_others_than_asked_for()
    {
        Decision decision = Judge("median", """{"min_trials": 3}""", OptimizationMode.Min, [1, 1], [1, 1], [1], [9, 9]);

        Assert.Equal(DecisionAction.Continue, decision.Action);
        Assert.Contains("fewer than 3 others", decision.Reason, StringComparison.Ordinal);
    }

    // Best so far of the others: 1, 2, 3, 4, 5; percentile 25 is 2.
    [Theory]
    [InlineData(new[] { 9.0, 2.0 }, false)]
    [InlineData(new[] { 2.0, 9.0 }, false)]
    [InlineData(new[] { 9.0, 2.1 }, true)]
    public void Percentile_compares_the_best_so_far(double[] own, bool stops)
    {
        Decision decision = Judge("percentile", "{}", OptimizationMode.Min, [1, 7], [7, 2], [3, 3], [4, 9], [5, 6], own);

        Assert.Equal(stops, decision.Action == DecisionAction.Stop);
    }

    // The factor is taken as it is where a larger positive or a smaller negative value is better, else 2 - factor.
    [Theory]
    [InlineData(OptimizationMode.Max, 10.0, 5.0, false)]
    [InlineData(OptimizationMode.Max, 10.0, 4.9, true)]
    [InlineData(OptimizationMode.Max, -10.0, -15.0, false)]
    [InlineData(OptimizationMode.Max, -10.0, -15.1, true)]
    [InlineData(OptimizationMode.Min, -10.0, -5.0, false)]
    [InlineData(OptimizationMode.Min, -10.0, -4.9, true)]
    [InlineData(OptimizationMode.Min, 10.0, 15.0, false)]
    [InlineData(OptimizationMode.Min, 10.0, 15.1, true)]
    public void Bandit_allows_a_factor_of_the_best(OptimizationMode mode, double best, double own, bool stops) =>
        Assert.Equal(stops, Judge("bandit", "{}", mode, [best], [own]).Action == DecisionAction.Stop);

    // Only what came up to the step counts, and of that the best: 10 at step 2 allows 15, though 1 follows.
    [Theory]
    [InlineData(new[] { 14.0, 99.0 }, false)]
    [InlineData(new[] { 16.0, 15.5 }, true)]
    public void Bandit_compares_the_best_up_to_the_step(double[] own, bool stops)
    {
        double[][] others = [[10, 30, 1], [20, 20, 20]];

        Assert.Equal(stops, Judge("bandit", "{}", OptimizationMode.Min, [.. others, own]).Action == DecisionAction.Stop);
        // Where larger is better: 10 at step 2 asks for 5, though 100 follows.
        double[][] mirrored = [[10, -30, 100], [2, 2, 2]];
        Assert.Equal(stops, Judge("bandit", "{}", OptimizationMode.Max, [.. mirrored, [.. own.Select(value => 20 - value)]]).Action == DecisionAction.Stop);
    }

    // Best up to step 2: 1, 2, 3 and its own; of four the worst (1 of 4 is at most 30 %) stops.
    [Theory]
    [InlineData(new[] { 2.5, 9.0 }, false)]
    [InlineData(new[] { 9.0, 3.5 }, true)]
    public void Truncation_ranks_the_best_up_to_the_step(double[] own, bool stops)
    {
        double[][] others = [[1, 8, 8], [8, 2, 8], [3, 8, 0]];

        Assert.Equal(stops, Judge("truncation", "{}", OptimizationMode.Min, [.. others, own]).Action == DecisionAction.Stop);
        Assert.Equal(stops, Judge("truncation", "{}", OptimizationMode.Max, [.. others.Select(Negated), Negated(own)]).Action == DecisionAction.Stop);
    }

    [Fact]
    public void Median_takes_the_means_of_the_others_up_to_the_step_alone() =>
        Assert.Equal(DecisionAction.Stop, Judge("median", """{"min_trials": 1}""", OptimizationMode.Min, [1, 1, 100, 100], [2, 2]).Action);

    // Ten trials, 30 %: the three worst stop.
    [Theory]
    [InlineData(7.5, true)]
    [InlineData(6.5, false)]
    [InlineData(100, true)]
    [InlineData(0, false)]
    public void Truncation_stops_the_worst_share(double own, bool stops)
    {
        double[][] others = [.. Enumerable.Range(1, 9).Select(value => new double[] { value })];

        Assert.Equal(stops, Judge("truncation", "{}", OptimizationMode.Min, [.. others, [own]]).Action == DecisionAction.Stop);
        Assert.Equal(stops, Judge("truncation", "{}", OptimizationMode.Max, [.. others.Select(Negated), [-own]]).Action == DecisionAction.Stop);
    }

    [Theory]
    [InlineData(OptimizationMode.Min)]
    [InlineData(OptimizationMode.Max)]
    public void Threshold_knows_values_as_they_are_reported(OptimizationMode mode)
    {
        const string options = """{"lower": 0, "upper": 10}""";

        Assert.Equal(DecisionAction.Continue, Judge("threshold", options, mode, [10]).Action);
        Assert.Contains("above 10", Judge("threshold", options, mode, [10.5]).Reason, StringComparison.Ordinal);
        Assert.Contains("below 0", Judge("threshold", options, mode, [-0.5]).Reason, StringComparison.Ordinal);
        Assert.Equal(DecisionAction.Stop, Judge("threshold", options, mode, [double.NaN]).Action);
    }

    [Theory]
    [InlineData(new[] { 9.0, 8, 7, 6 }, false)]
    [InlineData(new[] { 9.0, 9, 9 }, false)]
    [InlineData(new[] { 9.0, 9, 9, 9 }, true)]
    [InlineData(new[] { 9.0, 9, 9, 8.9 }, true)]
    public void Patient_forgives_who_improves(double[] own, bool stops)
    {
        const string options = """{"wrapped": "median", "min_trials": 1, "patience": 3, "min_delta": 0.1}""";

        Assert.Equal(stops, Judge("patient", options, OptimizationMode.Min, [1, 1, 1, 1], own).Action == DecisionAction.Stop);
    }

    /// <summary>Falls from 1.1 to its end like a power law, of 50 steps.</summary>
    private static double[] Falling(double end, int steps) => [.. Enumerable.Range(1, steps).Select(step => end + (1 / Math.Pow(step, 0.8)) + (0.002 * Math.Sin(7 * step)))];

    [Theory]
    [InlineData(OptimizationMode.Min)]
    [InlineData(OptimizationMode.Max)]
    public void Curve_fitting_stops_what_will_not_beat_the_best_finished_trial(OptimizationMode mode)
    {
        double[] Given(double[] curve) => mode == OptimizationMode.Max ? Negated(curve) : curve;
        Decision Of(double[] own) => Judge("curve_fitting", """{"curve_fitting_max_iters": 50}""", mode, Given(Falling(0.3, 50)), Given(own));

        Decision hopeless = Of(Falling(0.5, 10));
        Decision hopeful = Of(Falling(0.1, 10)); // at step 10 it is still above what the other came to
        Assert.Equal(DecisionAction.Stop, hopeless.Action);
        Assert.Equal(DecisionAction.Continue, hopeful.Action);
        Assert.True(Falling(0.1, 10)[^1] < Falling(0.5, 10)[^1] && Falling(0.2, 10)[^1] > 0.35);
        Assert.Contains("probability", hopeless.Reason, StringComparison.Ordinal);
        Assert.Equal(mode == OptimizationMode.Max, hopeless.Reason.Contains("finished value -0.", StringComparison.Ordinal));
    }

    [Fact]
    public void Curve_fitting_needs_five_steps_and_a_finished_trial_and_ends_with_the_last_step()
    {
        const string options = """{"curve_fitting_max_iters": 50}""";

        Assert.Contains("fewer than 5", Judge("curve_fitting", options, OptimizationMode.Min, Falling(0.1, 50), Falling(0.5, 4)).Reason, StringComparison.Ordinal);
        Assert.Contains("no trial has finished", Judge("curve_fitting", options, OptimizationMode.Min, Falling(0.5, 20)).Reason, StringComparison.Ordinal);
        Assert.Contains("last step 50", Judge("curve_fitting", options, OptimizationMode.Min, Falling(0.1, 50), Falling(0.5, 50)).Reason, StringComparison.Ordinal);
        Assert.Contains("at step 40", Judge("curve_fitting", "{}", OptimizationMode.Min, Falling(0.1, 40), Falling(0.5, 9)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Curve_fitting_saves_steps_and_keeps_the_best()
    {
        ExperimentDefinition definition = Experiments.Given.Definition(trials: 60, concurrent: 4) with
        {
            Space = SearchSpace.Parse("""{"end": {"method": "uniform", "dimension": {"low": 0, "high": 1}}, "speed": {"method": "uniform", "dimension": {"low": 0.4, "high": 1.2}}}"""),
            Scheduler = new("curve_fitting", Experiments.Given.Json("""{"curve_fitting_max_iters": 40}""")),
        };
        Training<int> training = new(
            definition,
            static _ => 0,
            static (step, _) => step + 1,
            static (step, config) => [("loss", config["end"].AsDouble() + Math.Pow(step, -config["speed"].AsDouble()))])
        {
            LastStep = 40,
        };
        training.Run();

        Trial best = training.Play.State.Trials.MinBy(trial => trial.Configuration["end"].AsDouble() + Math.Pow(40, -trial.Configuration["speed"].AsDouble()))!;
        Assert.Equal(best.Number, training.Play.State.Summary.Best!.Trial);
        Assert.InRange(training.Steps, 60 * 5, 60 * 40 / 2);
    }

    [Fact]
    public void Patient_bears_what_curve_fitting_would_stop_while_it_improves()
    {
        double[][] curves = [Falling(0.1, 50), Falling(0.5, 10)];

        Assert.Equal(DecisionAction.Stop, Judge("curve_fitting", """{"max_t": 50}""", OptimizationMode.Min, curves).Action);
        Assert.Equal(DecisionAction.Continue, Judge("patient", """{"wrapped": "curve_fitting", "max_t": 50}""", OptimizationMode.Min, curves).Action);
    }

    [Fact]
    public void Trials_are_looked_at_after_the_warmup_and_then_at_every_interval()
    {
        ITrialScheduler scheduler = TrialSchedulerRegistry.Create("median", Given.Json("""{"warmup_steps": 4, "interval_steps": 3, "min_trials": 1}"""));
        SchedulerContext context = new() { Seed = 1, Space = SchedulerPlay.Space, Reports = [new(1, 1, 0), new(2, 1, 9)], Running = [], Paused = [], FreeSlots = 1, CreatableTrials = 1, NextTrial = 1 };

        Assert.Equal([new RunLimit(7)], scheduler.Decide(context).Starts);
        Assert.Equal([(DecisionAction.Continue, 7L)], Ask(4));
        Assert.Equal([(DecisionAction.Continue, 10L)], Ask(7));
        Assert.Equal([(DecisionAction.Continue, 10L)], Ask(9));

        IEnumerable<(DecisionAction, long?)> Ask(long step) =>
            scheduler.Decide(context with { Awaiting = [new(2, step, 9)], Running = [2], FreeSlots = 0 }).Decisions.Select(decision => (decision.Action, decision.Until));
    }

    [Theory]
    [InlineData("truncation", """{"truncation_percentage": 1}""", "truncation_percentage")]
    [InlineData("bandit", """{"bandit_factor": 0}""", "bandit_factor")]
    [InlineData("percentile", """{"percentile": 100}""", "percentile")]
    [InlineData("threshold", """{"lower": 2, "upper": 1}""", "lower")]
    [InlineData("patient", """{"wrapped": "patient"}""", "wrapped")]
    [InlineData("patient", """{"wrapped": "bandit", "min_trials": 3}""", "min_trials")]
    [InlineData("median", """{"interval_steps": 0}""", "interval_steps")]
    [InlineData("curve_fitting", """{"curve_fitting_threshold": 1}""", "curve_fitting_threshold")]
    [InlineData("curve_fitting", """{"curve_fitting_max_iters": 1}""", "curve_fitting_max_iters")]
    [InlineData("curve_fitting", """{"curve_fitting_max_iters": 10, "max_t": 20}""", "max_t")]
    [InlineData("curve_fitting", """{"curve_fitting_timeout": 0}""", "curve_fitting_timeout")]
    public void Options_out_of_range_are_refused(string name, string options, string path)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => TrialSchedulerRegistry.Create(name, Given.Json(options)));

        Assert.Contains(error.Faults, fault => fault.Path == $"hpo_config.scheduler_param.{path}");
    }
}
