using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Experiments;

/// <summary>What experiments offer works with every algorithm that does not refuse it.</summary>
public sealed class EverySearcherTests
{
    private const int Trials = 30;

    private static readonly SearchSpace Space = SearchSpace.Parse(
        """{"x": {"method": "quniform", "dimension": {"low": 0, "high": 10, "q": 0.5}}, "y": {"method": "uniformint", "dimension": {"low": 0, "high": 20}}}""");

    public static TheoryData<string> Algorithms() => [.. SearcherRegistry.Names];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Initial_points_come_first_and_warm_starts_do_no_harm(string algorithm)
    {
        ExperimentState state = Run(Definition(algorithm) with
        {
            InitialPoints = [Point(3, 4), Configuration.Of(("y", ParameterValue.Of(7)))],
            WarmStart = new(["earlier"]) { Trials = [new(Point(3, 4), [9], []), new(Point(1, 1), [], []), new(Point(2, 2), [1.5], []) { IsPartial = true }] },
        });

        Assert.Equal(Trials, state.Summary.Trials.Completed);
        Assert.Equal(Point(3, 4), state.TrialAt(1).Configuration);
        Assert.Equal(7, state.TrialAt(2).Configuration["y"].AsDouble());
        Assert.Equal("given by the user as initial point 2 of 2", state.TrialAt(2).Notes[0].Reason);
        Assert.DoesNotContain("initial point", state.TrialAt(3).Notes[0].Reason, StringComparison.Ordinal);
        Assert.All(state.Trials, trial => Assert.True(Space.Contains(trial.Configuration)));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Several_metrics_and_constraints_are_searched_or_refused(string algorithm)
    {
        int objectives = SearcherRegistry.FaultsOf(algorithm, 2, 0).IsEmpty ? 2 : 0;
        int constraints = SearcherRegistry.FaultsOf(algorithm, 0, 1).IsEmpty ? 1 : 0;
        ExperimentState state = Run(Definition(algorithm) with
        {
            Objectives = objectives == 0 ? [] : [new("loss", OptimizationMode.Min), new("speed", OptimizationMode.Max)],
            Constraints = constraints == 0 ? [] : ["excess"],
        });

        Assert.Equal(Trials, state.Summary.Trials.Completed);
        Assert.Equal(objectives > 0, state.Summary.Front is { Trials.IsEmpty: false });
        Assert.All(state.Observations, seen => Assert.Equal((objectives > 0, constraints > 0), (!seen.Objectives.IsDefault, !seen.Constraints.IsDefault)));
    }

    [Theory]
    [InlineData("tpe", 0)]
    [InlineData("gp", 0)]
    [InlineData("nsga2", 2)]
    public void Guided_search_mostly_meets_the_constraints(string algorithm, int objectives)
    {
        ExperimentDefinition definition = Definition(algorithm) with
        {
            NumTrials = 60,
            Objectives = objectives == 0 ? [] : [new("loss", OptimizationMode.Min), new("speed", OptimizationMode.Max)],
            Constraints = ["excess"],
        };

        int guided = Run(definition).Observations.Count(seen => seen.Violation == 0);
        int random = Run(definition with { Algorithm = new("random") }).Observations.Count(seen => seen.Violation == 0);

        Assert.True(guided > random, $"{guided} of 60 against {random} of random search");
    }

    private static Configuration Point(double x, long y) => Configuration.Of(("x", ParameterValue.Of(x)), ("y", ParameterValue.Of(y)));

    private static ExperimentDefinition Definition(string algorithm) => Given.Definition(Trials, concurrent: 3) with { Space = Space, Algorithm = new(algorithm) };

    private static ExperimentState Run(ExperimentDefinition definition)
    {
        Play play = new(definition);
        for (play.Advance(); !play.State.Summary.IsFinal; play.Advance(Finished(play.State)))
        {
            Assert.False(play.State.Running.IsEmpty);
        }

        return play.State;
    }

    /// <summary>The youngest running trial ends: its result is best at (2, 5), allowed are x + y of at most 12.</summary>
    private static SegmentEnded Finished(ExperimentState state)
    {
        Trial trial = state.TrialAt(state.Running[^1]);
        double x = trial.Configuration["x"].AsDouble();
        double y = trial.Configuration["y"].AsDouble();
        return Given.Ended(trial.Number, SegmentStatus.Completed, Given.Report(1, ("loss", Math.Abs(x - 2) + Math.Abs(y - 5)), ("speed", x + y), ("excess", x + y - 12)));
    }
}
