using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search;

public sealed class RandomSearcherContract : SearcherContract
{
    protected override ISearcher Create() => new RandomSearcher();
}

public sealed class RandomSearcherTests
{
    private static readonly SearchSpace Space = SearchSpace.Parse(
        """
        {
          "lr": {"method": "loguniform", "dimension": {"low": 0.001, "high": 1}},
          "layers": {"method": "uniformint", "dimension": {"low": 1, "high": 8}},
          "kind": {"method": "categorical", "dimension": {"categories": ["a", "b", "c"]}}
        }
        """);

    [Fact]
    public void Suggest_for_seed_1_never_changes()
    {
        SearchStep step = new RandomSearcher().Suggest(new() { Space = Space, Seed = 1, NextTrial = 1 }, 3);

        Assert.Equal(
            "0.032933307638 2 c; 0.00966672917775 2 a; 0.00896577671573 1 c",
            string.Join("; ", step.Suggestions.Select(suggestion => $"{suggestion["lr"].AsDouble():G12} {suggestion["layers"]} {suggestion["kind"]}")));
        Assert.Null(step.State);
    }

    [Fact]
    public void Suggest_draws_a_trial_the_same_whatever_went_before()
    {
        SearchStep from1 = new RandomSearcher().Suggest(new() { Space = Space, Seed = 5, NextTrial = 1 }, 10);
        SearchStep from7 = new RandomSearcher().Suggest(new() { Space = Space, Seed = 5, NextTrial = 7 }, 4);

        Assert.Equal(from1.Suggestions[6..], from7.Suggestions);
    }

    [Fact]
    public void Suggest_walks_marked_parameters_round_and_round_and_draws_the_others()
    {
        SearchSpace space = SearchSpace.Parse(
            """
            {
              "a": {"method": "categorical", "dimension": {"categories": ["x", "y"], "grid_search": 1}},
              "lr": {"method": "uniform", "dimension": {"low": 0, "high": 1}},
              "b": {"method": "categorical", "dimension": {"categories": [1, 2, 3], "grid_search": 1}}
            }
            """);

        SearchStep step = new RandomSearcher().Suggest(new() { Space = space, Seed = 1, NextTrial = 1 }, 8);

        Assert.Equal(["x1", "x2", "x3", "y1", "y2", "y3", "x1", "x2"], step.Suggestions.Select(suggestion => $"{suggestion["a"]}{suggestion["b"]}"));
        Assert.Equal(8, step.Suggestions.Select(suggestion => suggestion["lr"]).Distinct().Count());
        Assert.Equal(SearchStatus.Open, step.Status);
    }

    [Fact]
    public void Suggest_runs_the_grid_once_where_every_parameter_is_marked()
    {
        SearchSpace space = SearchSpace.Parse(
            """
            {
              "a": {"method": "categorical", "dimension": {"categories": ["x", "y"], "grid_search": 1}},
              "b": {"method": "categorical", "dimension": {"categories": [1, 2, 3], "grid_search": 1}},
              "c": {"method": "fixed", "dimension": {"value": 0}}
            }
            """);

        SearchStep step = new RandomSearcher().Suggest(new() { Space = space, Seed = 1, NextTrial = 1 }, 100);

        Assert.Equal(["x1", "x2", "x3", "y1", "y2", "y3"], step.Suggestions.Select(suggestion => $"{suggestion["a"]}{suggestion["b"]}"));
        Assert.Equal(SearchStatus.Exhausted, step.Status);
    }

    [Fact]
    public void Suggest_in_a_wide_space_stays_inside()
    {
        SearchSpace wide = new([.. Enumerable.Range(0, 300).Select(i => new UniformParameter($"p{i}", i, i + 1))]);

        SearchStep step = new RandomSearcher().Suggest(new() { Space = wide, Seed = 1, NextTrial = 1 }, 2);

        Assert.All(step.Suggestions, suggestion => Assert.True(wide.Contains(suggestion)));
    }
}
