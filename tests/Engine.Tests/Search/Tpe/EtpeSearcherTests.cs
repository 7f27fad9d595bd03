using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Search.Tpe;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Tpe;

public sealed class EtpeSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new EtpeSearcher(new());
}

/// <summary>A model early, because the contract's experiments are short.</summary>
public sealed class EarlyEtpeSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new EtpeSearcher(new() { MinPointsInModel = 5 });
}

public sealed class EtpeSearcherTests
{
    private static readonly SearchSpace Space = SearchSpace.Parse(
        """
        {
          "c": {"method": "categorical", "dimension": {"categories": [0, 1, 2, 3, 4, 5, 6]}},
          "x": {"method": "uniform", "dimension": {"low": 0, "high": 1}},
          "y": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"c": [0, 1, 2]}}
        }
        """);

    [Theory]
    [InlineData(new[] { 0.1, 0.2, 0.4 }, 3, false, 0.12262080)]
    [InlineData(new[] { 0.1, 0.2, 0.4 }, 3, true, 0.12988287)]
    [InlineData(new[] { 0.1, 0.9, 0.2, 0.8, 0.4, 0.7 }, 3, false, 0.26583556)]
    [InlineData(new[] { 0.5, 0.5 }, 2, false, 0.01)]
    public void Bandwidth_is_that_of_all_cells(double[] cells, int rows, bool isSilverman, double expected) =>
        Assert.Equal(expected, EtpeGroup.Bandwidth(cells, rows, isSilverman), 1e-8);

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 3.88)]
    [InlineData(2, 3.7648)]
    [InlineData(50, 1.3897)]
    public void Widening_fades(int suggestions, double expected) => Assert.Equal(expected, EtpeModel.Widening(suggestions, new()), 1e-4);

    [Theory]
    [InlineData(20, 3)]
    [InlineData(8, 2)]
    [InlineData(100, 15)]
    public void A_part_is_good(int results, int expected) => Assert.Equal(expected, EtpeGroup.GoodOf(results, new()));

    [Fact]
    public void The_design_has_every_category_equally_often()
    {
        SearchSpace space = SearchSpace.Parse(
            """
            {
              "c": {"method": "categorical", "dimension": {"categories": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]}},
              "d": {"method": "categorical", "dimension": {"categories": ["a", "b", "c", "d", "e"]}},
              "x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}
            }
            """);

        SearchStep step = new EtpeSearcher(new()).Suggest(new() { Space = space, Seed = 3, NextTrial = 1 }, 25);

        Assert.Equal(25, EtpeSearcher.DesignSize(new(space), new(), totalTrials: null));
        Assert.Equal(23, EtpeSearcher.DesignSize(new(space), new(), totalTrials: 95));
        Assert.Equal(20, EtpeSearcher.DesignSize(new(space), new(), totalTrials: 40));
        Assert.Equal(25, step.Suggestions.Select(suggestion => suggestion["c"]).Distinct().Count());
        Assert.All(step.Suggestions.GroupBy(suggestion => suggestion["d"]), group => Assert.Equal(5, group.Count()));
    }

    [Fact]
    public void It_closes_in_on_the_best_category_and_value()
    {
        List<Observation> played = Play(new EtpeSearcher(new()), 80, Loss);

        Assert.InRange(played.Min(o => o.Value!.Value), 0, 0.05);
        Assert.True(played.TakeLast(20).Average(o => o.Value) < played.Take(20).Average(o => o.Value) / 2);
    }

    [Fact]
    public void The_largest_budget_with_enough_results_decides()
    {
        List<Observation> played = Play(new EtpeSearcher(new()), 60, Loss);
        SearchContext context = new()
        {
            Space = Space,
            Seed = 4,
            NextTrial = 61,
            Observations = [.. played],
            Reports = [.. played.SelectMany(o => Enumerable.Range(1, o.Trial <= 30 ? 9 : o.Trial <= 10 ? 27 : 3).Select(step => new ScheduledReport(o.Trial, step, o.Value)))],
        };

        Assert.Contains("30 results at step 9", Assert.Single(new EtpeSearcher(new()).Suggest(context, 1).Reasons), StringComparison.Ordinal);
        Assert.Contains("60 results at step 3", Assert.Single(new EtpeSearcher(new() { MinPointsInModel = 31 }).Suggest(context, 1).Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Reports_of_running_trials_count_and_failed_trials_are_the_worst()
    {
        SearchHistory history = new(new(Space));
        Configuration At(double x) => Configuration.Of(("c", ParameterValue.Of(5L)), ("x", ParameterValue.Of(x)));
        history.Add(new(1, At(0.1), 3));
        history.Add(new(2, At(0.2), null));
        BudgetTable table = new();
        table.Read(
            new()
            {
                Space = Space,
                Seed = 1,
                NextTrial = 4,
                Observations = [.. history.Arrived.Select(point => point.Observation)],
                Pending = [new(3, At(0.3))],
                Reports = [new(1, 1, 8), new(1, 2, 3), new(3, 1, 7), new(3, 2, 2)],
            },
            history);

        BudgetRows rows = table.Largest(count => count >= 2)!;

        Assert.Equal(2, rows.Step);
        Assert.Equal([0.3, 0.1, 0.2], rows.Units.Select(unit => unit[1]));
        Assert.Null(table.Largest(count => count >= 3));
    }

    private static double? Loss(Configuration c) => (c["c"].ToString() == "2" ? 0 : 0.5) + Math.Abs(c["x"].AsDouble() - 0.3);

    private static List<Observation> Play(EtpeSearcher searcher, int trials, Func<Configuration, double?> evaluate)
    {
        AppendOnlyList<Observation> observations = [];
        for (int trial = 1; trial <= trials; trial++)
        {
            SearchStep step = searcher.Suggest(new() { Space = Space, Seed = 4, NextTrial = trial, Observations = observations }, 1);
            observations = observations.Add(new(trial, step.Suggestions[0], evaluate(step.Suggestions[0])));
        }

        return [.. observations];
    }
}
