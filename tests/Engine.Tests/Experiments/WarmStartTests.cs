using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Experiments;

public sealed class WarmStartTests
{
    private static readonly WarmStart Three = new(["earlier"])
    {
        Trials =
        [
            new(Configuration.Of(("x", ParameterValue.Of(0.1))), [5], []),
            new(Configuration.Of(("x", ParameterValue.Of(0.2))), [], []),
            new(Configuration.Of(("x", ParameterValue.Of(0.3))), [7], []) { IsPartial = true, Step = 3, Seconds = 1.5 },
        ],
    };

    [Fact]
    public void State_begins_with_the_results_minimised_under_numbers_below_1()
    {
        ExperimentState state = ExperimentState.Initial(Given.Definition() with { Mode = OptimizationMode.Max, WarmStart = Three }, Given.Start);

        Assert.Equal(
            [
                new(-2, Three.Trials!.Value[0].Config, -5), new(-1, Three.Trials.Value[1].Config, null),
                new Observation(0, Three.Trials.Value[2].Config, -7) { IsPartial = true, Step = 3, Seconds = 1.5 },
            ],
            state.Observations);
        Assert.Equal(new() { Status = ExperimentStatus.Running, CreatedAt = Given.Start, UpdatedAt = Given.Start }, state.Summary);
    }

    [Fact]
    public void Nothing_but_the_search_sees_them()
    {
        Play play = new(Given.Definition(trials: 2) with { WarmStart = Three, Stopping = new() { Target = 6, Failures = new(0, 1) } });
        play.Advance();
        play.Advance(Given.Completed(1, 9));

        Assert.Equal((2, 1), (play.State.Summary.Trials.Total, play.State.Summary.Trials.Ended));
        Assert.Equal((1, 9.0), (play.State.Summary.Best!.Trial, play.State.Summary.Best.Value));
        Assert.Null(play.State.EndsAs);
        Assert.Equal([-2, -1, 0, 1], play.State.Observations.Select(seen => seen.Trial));
    }

    [Fact]
    public void Snapshot_leads_to_the_same_observations()
    {
        ExperimentDefinition definition = Given.Definition() with
        {
            WarmStart = Three with { Trials = [.. Three.Trials!.Value.Select(trial => trial with { Values = trial.Values.IsEmpty ? [] : [trial.Values[0], 1], Constraints = trial.Values.IsEmpty ? [] : [2] })] },
            Objectives = [new("loss", OptimizationMode.Min), new("speed", OptimizationMode.Max)],
            Constraints = ["excess"],
        };
        Play play = new(definition);
        play.Advance();
        play.Advance(Given.Ended(1, SegmentStatus.Completed, Given.Report(1, ("loss", 1), ("speed", 2), ("excess", 0))));

        ExperimentState restored = RoundTrip(ExperimentSnapshot.Of(play.State)).Restore(RoundTrip(definition));

        Assert.Equal([-2, -1, 0, 1], restored.Observations.Select(seen => seen.Trial));
        Assert.Equal(["5 -1", "", "7 -1", "1 -2"], restored.Observations.Select(seen => seen.Objectives.IsDefault ? string.Empty : string.Join(" ", seen.Objectives)));
        Assert.Equal([2, 0, 2, 0], restored.Observations.Select(seen => seen.Violation));
        Assert.Equal(JsonSerializer.Serialize(definition, EngineJson.Options), JsonSerializer.Serialize(RoundTrip(definition), EngineJson.Options));
    }

    [Fact]
    public void Builder_takes_ended_trials_of_the_space_with_this_experiments_metric()
    {
        WarmStartBuilder builder = new(Given.Definition() with { Metric = "cost", Mode = OptimizationMode.Max });

        Assert.True(builder.Add(Trial(1, 0.5, TrialStatus.Completed, Given.Report(1, ("cost", 3)), Given.Report(2, ("cost", 4)))));
        Assert.True(builder.Add(Trial(2, 1, TrialStatus.Stopped, Given.Report(1, ("cost", 3)), Given.Report(2, ("cost", double.NaN)))));
        Assert.False(builder.Add(Trial(3, 0.25, TrialStatus.Failed, Given.Report(1, ("cost", 3)))));
        Assert.False(builder.Add(Trial(4, 0.25, TrialStatus.Completed, Given.Loss(1, 3))));
        Assert.True(builder.Add(Trial(5, 99, TrialStatus.Completed, Given.Report(1, ("cost", 3)))));
        Assert.False(builder.Add(Trial(6, 0.75, TrialStatus.Running, Given.Report(1, ("cost", 3)))));
        WarmStart warmStart = builder.Build(["a"]);

        Assert.Equal((1, 1, 0), (warmStart.Outside, warmStart.WithoutValue, warmStart.BeyondLimit));
        Assert.Equal(["""{"x":0.5} 4 False 2""", """{"x":1.0} 3 True 2""", """{"x":0.25}  False 1"""], warmStart.Trials!.Value.Select(t => $"{t.Config.ToJson()} {string.Join(" ", t.Values)} {t.IsPartial} {t.Step}"));
    }

    [Fact]
    public void Builder_keeps_the_best_and_the_newest_of_too_many()
    {
        WarmStartBuilder builder = new(Given.Definition());
        for (int number = 1; number <= 2000; number++)
        {
            builder.Add(Trial(number, number / 2000.0, TrialStatus.Completed, Given.Loss(1, number)));
        }

        WarmStart warmStart = builder.Build(["a"]);

        Assert.Equal(1000, warmStart.BeyondLimit);
        Assert.Equal([.. Enumerable.Range(1, 500), .. Enumerable.Range(1501, 500)], warmStart.Trials!.Value.Select(trial => (int)trial.Values[0]));
    }

    private static Trial Trial(int number, double x, TrialStatus status, params ImmutableArray<Report> reports) => new()
    {
        Number = number,
        Configuration = Configuration.Of(("x", x == 1 ? ParameterValue.Of(1) : ParameterValue.Of(x))),
        Status = status,
        Reports = [.. reports],
        StartedAt = Given.Start,
        EndedAt = status == TrialStatus.Running ? null : Given.Start.AddSeconds(number),
    };

    private static T RoundTrip<T>(T value) => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(value, EngineJson.Options), EngineJson.Options)!;
}
