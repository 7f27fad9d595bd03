using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search;

public sealed class GridSearcherContract : SearcherContract
{
    protected override SearchSpace Space { get; } = SearchSpace.Parse(
        """
        {
          "depth": {"method": "uniformint", "dimension": {"low": 1, "high": 9}, "condition": {"booster": ["tree", "dart"]}},
          "booster": {"method": "categorical", "dimension": {"categories": ["tree", "linear", "dart"]}},
          "drop": {"method": "quniform", "dimension": {"low": 0, "high": 1, "q": 0.5}, "condition": {"booster": ["dart"], "depth": [1, 2]}},
          "rounds": {"method": "qloguniform", "dimension": {"low": 10, "high": 30, "q": 10}},
          "seed": {"method": "fixed", "dimension": {"value": 7}}
        }
        """);

    protected override bool IsSeeded => false;

    protected override ISearcher Create() => new GridSearcher();
}

public sealed class GridSearcherTests
{
    private static readonly SearchSpace Plain = SearchSpace.Parse(
        """
        {
          "a": {"method": "categorical", "dimension": {"categories": ["x", "y"]}},
          "f": {"method": "fixed", "dimension": {"value": 0}},
          "b": {"method": "uniformint", "dimension": {"low": 3, "high": 5}},
          "c": {"method": "quniform", "dimension": {"low": 0, "high": 0.5, "q": 0.5}}
        }
        """);

    private static readonly SearchSpace Conditional = SearchSpace.Parse(
        """
        {
          "a": {"method": "categorical", "dimension": {"categories": ["x", "y", "z"]}},
          "b": {"method": "uniformint", "dimension": {"low": 1, "high": 2}, "condition": {"a": ["y"]}},
          "c": {"method": "uniformint", "dimension": {"low": 7, "high": 9}, "condition": {"b": [2]}},
          "d": {"method": "categorical", "dimension": {"categories": [true, false]}}
        }
        """);

    [Fact]
    public void Suggest_walks_the_product_with_the_first_parameter_slowest()
    {
        SearchStep step = Suggest(Plain, 1, 100);

        Assert.Equal(
            ["x030.0", "x030.5", "x040.0", "x040.5", "x050.0", "x050.5", "y030.0", "y030.5", "y040.0", "y040.5", "y050.0", "y050.5"],
            step.Suggestions.Select(Concat));
        Assert.Equal(SearchStatus.Exhausted, step.Status);
        Assert.Null(step.State);
    }

    [Fact]
    public void Suggest_takes_every_active_combination_once()
    {
        SearchStep step = Suggest(Conditional, 1, 100);

        Assert.Equal(
            ["xtrue", "xfalse", "y1true", "y1false", "y27true", "y27false", "y28true", "y28false", "y29true", "y29false", "ztrue", "zfalse"],
            step.Suggestions.Select(Concat));
        Assert.Equal(SearchStatus.Exhausted, step.Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(12)]
    public void Suggest_finds_its_place_by_the_number_of_the_trial_with_and_without_a_bookmark(int trial)
    {
        foreach (SearchSpace space in new[] { Plain, Conditional })
        {
            SearchStep whole = Suggest(space, 1, 100);
            string? bookmark = trial == 1 ? null : Suggest(space, 1, trial - 1).State;

            Assert.Equal(whole.Suggestions[(trial - 1)..], Suggest(space, trial, 100).Suggestions);
            Assert.Equal(whole.Suggestions[(trial - 1)..], Suggest(space, trial, 100, bookmark).Suggestions);
            Assert.Equal(whole.Suggestions[0], Suggest(space, 1, 1, bookmark).Suggestions[0]);
        }
    }

    [Fact]
    public void Suggest_says_exhausted_with_the_last_one_and_afterwards()
    {
        Assert.Equal(SearchStatus.Open, Suggest(Conditional, 11, 1).Status);
        Assert.Equal(SearchStatus.Exhausted, Suggest(Conditional, 12, 1).Status);
        Assert.Equal(new([], Suggest(Conditional, 13, 1).State, SearchStatus.Exhausted), Suggest(Conditional, 13, 1));
        Assert.Equal(new([], null, SearchStatus.Exhausted), Suggest(Plain, 13, 1));
    }

    [Fact]
    public void Suggest_reaches_into_a_huge_grid_at_once()
    {
        SearchSpace huge = new([.. Enumerable.Range(0, 12).Select(i => new UniformIntParameter($"p{i}", 0, 999_999))]);

        SearchStep step = Suggest(huge, 1_234_567, 1);

        Assert.Equal(1, step.Suggestions[0]["p10"].AsDouble());
        Assert.Equal(234_566, step.Suggestions[0]["p11"].AsDouble());
        Assert.Equal(SearchStatus.Open, step.Status);
    }

    [Theory]
    [InlineData("""{"ok": {"method": "fixed", "dimension": {"value": 1}}, "lr": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""")]
    [InlineData("""{"lr": {"method": "normal", "dimension": {"mu": 0, "sigma": 1}}}""")]
    [InlineData("""{"lr": {"method": "qnormal", "dimension": {"mu": 0, "sigma": 1, "q": 1}}}""")]
    [InlineData("""{"lr": {"method": "uniformint", "dimension": {"low": 0, "high": 2147483647}}}""")]
    public void Suggest_refuses_infinite_parameters_by_name(string json)
    {
        UnsupportedSpaceException error = Assert.Throws<UnsupportedSpaceException>(() => Suggest(SearchSpace.Parse(json), 1, 1));

        Assert.Equal("grid", error.Algorithm);
        Assert.Contains("'lr'", error.Message, StringComparison.Ordinal);
    }

    private static SearchStep Suggest(SearchSpace space, int trial, int count, string? state = null) =>
        new GridSearcher().Suggest(new() { Space = space, Seed = 1, NextTrial = trial, State = state }, count);

    private static string Concat(Configuration configuration) => string.Concat(configuration.Select(pair => pair.Value.ToString()));
}
