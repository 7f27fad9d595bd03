using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Tpe;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Tpe;

public sealed class BohbSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new BohbSearcher(new());
}

public sealed class BohbSearcherTests
{
    private static readonly SearchSpace Space = SearchSpace.Parse(
        """
        {
          "x": {"method": "uniform", "dimension": {"low": 0, "high": 1}},
          "c": {"method": "categorical", "dimension": {"categories": ["a", "b", "c"]}},
          "n": {"method": "uniformint", "dimension": {"low": 0, "high": 20}}
        }
        """);

    [Theory]
    [InlineData(30, 4, 4, 25)]
    [InlineData(100, 4, 15, 85)]
    [InlineData(8, 4, 4, 6)]
    public void Counts_are_the_source_s(int results, int least, int good, int bad) => Assert.Equal((good, bad), BohbModel.Counts(results, least, 15));

    [Fact]
    public void Bandwidth_is_the_normal_reference() => Assert.Equal(0.10612663, BohbModel.Bandwidth([0.1, 0.2, 0.4], 3, 1), 1e-8);

    [Theory]
    [InlineData(7, false)]
    [InlineData(8, true)]
    public void Both_sides_need_more_results_than_there_are_coordinates(int results, bool expected) =>
        Assert.Equal(expected, new BohbModel(new(Space), new()).IsEnough(results));

    [Theory]
    [InlineData(2, 7, false)] // less than a coordinate more is raised to that
    [InlineData(2, 8, true)]
    [InlineData(10, 13, false)] // 10 good ones leave 3
    [InlineData(10, 14, true)]
    public void The_fewest_points_may_be_more(int least, int results, bool expected) =>
        Assert.Equal(expected, new BohbModel(new(Space), new() { MinPointsInModel = least }).IsEnough(results));

    [Fact]
    public void Defaults_are_the_source_s() => Assert.Equal(
        ["min_points_in_model=0", "top_n_percent=15", "num_samples=64", "random_fraction=0.3333333333333333", "bandwidth_factor=3", "min_bandwidth=0.001"],
        SearcherRegistry.OptionsOf("bohb").Select(option => $"{option.Name}={option.Default}"));

    [Fact]
    public void Candidates_are_drawn_three_times_as_wide_as_the_least_bandwidth_where_all_points_are_equal()
    {
        BohbModel model = new(new(SearchSpace.Parse("""{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""")), new());
        model.Build(new(9, [.. Enumerable.Repeat(0.5, 10).Select(x => new[] { x })]));
        double[] unit = new double[1];
        double squares = 0;
        for (int i = 0; i < 4000; i++)
        {
            model.Draw(SeededRandom.For(1, "draw", i), unit);
            squares += Math.Pow(unit[0] - 0.5, 2);
        }

        Assert.Equal(0.003, Math.Sqrt(squares / 4000), 0.0002);
    }

    [Fact]
    public void It_closes_in_on_the_optimum_and_a_third_is_random()
    {
        AppendOnlyList<Observation> observations = [];
        List<string> reasons = [];
        BohbSearcher searcher = new(new());
        for (int trial = 1; trial <= 150; trial++)
        {
            SearchStep step = searcher.Suggest(new() { Space = Space, Seed = 2, NextTrial = trial, Observations = observations }, 1);
            reasons.Add(step.Reasons[0]);
            observations = observations.Add(new(trial, step.Suggestions[0], Loss(step.Suggestions[0])));
        }

        Assert.All(reasons.Take(8), reason => Assert.StartsWith("random", reason, StringComparison.Ordinal));
        Assert.InRange(reasons.Skip(8).Count(reason => reason.StartsWith("random", StringComparison.Ordinal)), 30, 65);
        Assert.InRange(observations.Min(o => o.Value!.Value), 0, 0.2);
        double[] modelled = [.. observations.Where((_, i) => i > 50 && reasons[i].StartsWith("model", StringComparison.Ordinal)).Select(o => o.Value!.Value)];
        Assert.True(modelled.Average() < observations.Take(8).Average(o => o.Value) / 2);
    }

    [Fact]
    public void The_largest_budget_with_enough_results_decides()
    {
        Observation[] played = [.. new BohbSearcher(new()).Suggest(new() { Space = Space, Seed = 1, NextTrial = 1 }, 20).Suggestions.Select((c, i) => new Observation(i + 1, c, Loss(c)))];
        SearchContext context = new()
        {
            Space = Space,
            Seed = 1,
            NextTrial = 21,
            Observations = [.. played],
            Reports = [.. played.SelectMany(o => (long[])(o.Trial <= 3 ? [1, 3, 9] : o.Trial <= 10 ? [1, 3] : [1]), (o, step) => new ScheduledReport(o.Trial, step, o.Value))],
        };

        string reason = Assert.Single(new BohbSearcher(new() { RandomFraction = 0 }).Suggest(context, 1).Reasons);

        Assert.Contains("10 results at step 3, 4 of them good", reason, StringComparison.Ordinal);
    }

    private static double Loss(Configuration c) => Math.Abs(c["x"].AsDouble() - 0.7) + (c["c"].ToString() == "b" ? 0 : 0.3) + (Math.Abs(c["n"].AsDouble() - 4) / 20);
}
