using System.Collections.Immutable;
using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search.MultiObjective;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.MultiObjective;

/// <summary>What asynchyperband does where several metrics count.</summary>
public sealed class FrontRungTests
{
    /// <summary>What is decided about each trial when it reaches the first rung, by the values of those before it and its own.</summary>
    private static Decision[] AtFirstRung(params ImmutableArray<double>[] values)
    {
        ITrialScheduler scheduler = TrialSchedulerRegistry.Create("asynchyperband", null);
        ScheduledReport[] reports = [.. values.Select((objectives, i) => new ScheduledReport(i + 1, 1, objectives.IsDefault ? null : objectives[0]) { Objectives = objectives })];
        return
        [
            .. reports.Select((own, i) => Assert.Single(scheduler.Decide(new()
            {
                Seed = 1,
                Space = SchedulerPlay.Space,
                Objectives = 2,
                Reports = [.. reports[..(i + 1)]],
                Awaiting = [new(own.Trial, 1, own.Value)],
                Running = [own.Trial],
                Paused = [],
                FreeSlots = 0,
                CreatableTrials = 0,
                NextTrial = 1000,
            }).Decisions)),
        ];
    }

    private static bool[] GoOn(params ImmutableArray<double>[] values) => [.. AtFirstRung(values).Select(decision => decision.Action == DecisionAction.Continue)];

    [Fact]
    public void Whoever_is_on_the_front_of_its_rung_goes_on_however_bad_its_first_metric_is()
    {
        SeededRandom random = SeededRandom.For(1, "front-rung");
        ImmutableArray<double>[] values = [.. Enumerable.Range(0, 200).Select(_ => (ImmutableArray<double>)[random.NextUnit(), random.NextUnit()])];

        bool[] goOn = GoOn(values);

        int onTheFront = 0;
        for (int i = 0; i < values.Length; i++)
        {
            bool isDominated = values[..i].Any(earlier => ParetoFront.Dominates(earlier.AsSpan(), values[i].AsSpan()));
            onTheFront += isDominated ? 0 : 1;
            Assert.True(isDominated || goOn[i]);
        }

        Assert.InRange(onTheFront, 10, 40);
        Assert.InRange(goOn.Count(went => went), 30, 70); // about a quarter
    }

    // Reduction factor 4: of 5 to 8 trials the best 2 go on, besides those on the first front.
    [Fact]
    public void The_best_share_goes_on_beside_the_front() => Assert.Equal(
        [true, false, false, false, true, false],
        GoOn([1, 1], [3, 3], [4, 4], [5, 5], [2, 2], [2.5, 2.5]));

    // Of nine trials the best three go on: (0, 0), and the two with most room of the second front.
    [Fact]
    public void Within_a_front_the_end_goes_on_before_the_middle()
    {
        Assert.False(GoOn([0, 0], [1, 9], [9, 1], [8, 2], [20, 20], [20, 20], [20, 20], [20, 20], [5, 5])[^1]);
        Assert.True(GoOn([0, 0], [1, 9], [5, 5], [8, 2], [20, 20], [20, 20], [20, 20], [20, 20], [9, 1])[^1]);
    }

    [Fact]
    public void Missing_values_stop_and_count_for_nobody() => Assert.Equal([false, true, false, false], GoOn(default, [1, 1], [2, 2], default));

    [Fact]
    public void Reasons_say_place_number_and_front()
    {
        Decision stopped = AtFirstRung([1, 1], [2, 3])[^1];

        Assert.Equal(DecisionAction.Stop, stopped.Action);
        Assert.All(["rung 1", "place 2 of 2", "front 2 of 2", "best 1 "], part => Assert.Contains(part, stopped.Reason, StringComparison.Ordinal));
    }

    /// <summary>Short of the front (x, 1 - x) by its weakness and by what it has not learned yet: the dominated volume after as many steps as eight trials need.</summary>
    [Fact]
    public void An_experiment_keeps_more_hypervolume_than_one_judged_by_the_first_metric()
    {
        double[] kept = [.. Enumerable.Range(0, 8).Select(seed => Volume((ulong)seed, isOneMetric: false))];
        double[] first = [.. Enumerable.Range(0, 8).Select(seed => Volume((ulong)seed, isOneMetric: true))];

        Assert.All(kept.Zip(first), pair => Assert.True(pair.First > pair.Second, $"{pair.First} against {pair.Second}"));
        Assert.True(kept.Average() > first.Average() + 0.05, $"{kept.Average()} against {first.Average()}");
    }

    private static double Volume(ulong seed, bool isOneMetric)
    {
        ExperimentDefinition definition = Given.Definition(trials: 1000, concurrent: 8) with
        {
            Space = SearchSpace.Parse("""{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}, "weakness": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}"""),
            Scheduler = new("asynchyperband", Given.Json("""{"max_t": 64, "reduction_factor": 4}""")),
            Objectives = isOneMetric ? [] : [new("loss", OptimizationMode.Min), new("size", OptimizationMode.Min)],
            Seed = seed,
        };
        Training<int> training = new(definition, static _ => 0, static (steps, _) => steps + 1, static (steps, config) =>
        {
            double missing = (0.5 * config["weakness"].AsDouble()) + (0.5 / steps);
            return [("loss", config["x"].AsDouble() + missing), ("size", 1 - config["x"].AsDouble() + missing)];
        });
        training.Run(steps: 512);
        return Hypervolume.Of(training.Play.State.Trials.Where(trial => !trial.Reports.IsEmpty).Select(trial => (double[])[trial.Reports[^1].Metrics["loss"]!.Value, trial.Reports[^1].Metrics["size"]!.Value]), [1.5, 1.5]);
    }
}
