using System.Collections.Immutable;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search;

public sealed class InitialPointsSearcherContract : SearcherContract
{
    protected override SearchSpace Space { get; } = SearchSpace.Parse(
        """
        {
          "kind": {"method": "categorical", "dimension": {"categories": ["a", "b", "c"]}},
          "level": {"method": "uniformint", "dimension": {"low": 1, "high": 9}, "condition": {"kind": ["b"]}},
          "lr": {"method": "loguniform", "dimension": {"low": 0.0001, "high": 1}}
        }
        """);

    protected override int LargeDimension => 1;

    protected override ISearcher Create() => new InitialPointsSearcher(
        new RandomSearcher(),
        [Configuration.Of(("kind", ParameterValue.Of("b"))), Configuration.Of(("kind", ParameterValue.Of("b")), ("level", ParameterValue.Of(2)))]);
}

public sealed class InitialPointsSearcherTests
{
    private static readonly SearchSpace Space = SearchSpace.Parse(
        """
        {
          "optimizer": {"method": "categorical", "dimension": {"categories": ["sgd", "adam"]}},
          "momentum": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"optimizer": ["sgd"]}},
          "lr": {"method": "uniform", "dimension": {"low": 0, "high": 1}},
          "depth": {"method": "quniform", "dimension": {"low": 0, "high": 1, "q": 0.1}},
          "version": {"method": "fixed", "dimension": {"value": 3}},
          "patch": {"method": "uniformint", "dimension": {"low": 1, "high": 4}, "condition": {"version": [3]}}
        }
        """);

    private static readonly ImmutableArray<Configuration> Points =
    [
        Configuration.Of(("optimizer", ParameterValue.Of("adam")), ("lr", ParameterValue.Of(0.5)), ("depth", ParameterValue.Of(0.3)), ("version", ParameterValue.Of(3)), ("patch", ParameterValue.Of(2))),
        Configuration.Of(("lr", ParameterValue.Of(0.25))),
    ];

    [Fact]
    public void Suggest_answers_with_the_points_in_order_and_leaves_the_rest_to_the_other()
    {
        SearchStep step = Create().Suggest(Context(), 4);

        Assert.Equal(Points[0], step.Suggestions[0]);
        Assert.Equal(0.25, step.Suggestions[1]["lr"].AsDouble());
        Assert.All(step.Suggestions, suggestion => Assert.True(Space.Contains(suggestion)));
        Assert.Equal(new RandomSearcher().Suggest(Context() with { NextTrial = 3 }, 2).Suggestions, step.Suggestions[2..]);
        Assert.Equal(["given by the user as initial point 1 of 2", "given by the user as initial point 2 of 2", "random search proposed it", "random search proposed it"], step.Reasons);
    }

    [Fact]
    public void Suggest_draws_what_a_point_leaves_open_by_seed_and_trial_alone()
    {
        Configuration together = Create().Suggest(Context(), 4).Suggestions[1];
        Configuration alone = Create().Suggest(Context() with { NextTrial = 2 }, 1).Suggestions[0];
        Configuration otherSeed = Create().Suggest(Context() with { NextTrial = 2, Seed = 2 }, 1).Suggestions[0];

        Assert.Equal(together, alone);
        Assert.NotEqual(together, otherSeed);
    }

    [Fact]
    public void Suggest_passes_the_others_state_through()
    {
        SearchContext context = Context() with { State = "what it remembers" };

        Assert.Equal("what it remembers", Create().Suggest(context, 2).State);
        Assert.Null(Create().Suggest(context, 3).State);
    }

    [Fact]
    public void Suggest_repeats_a_point_that_is_known_already()
    {
        SearchContext context = Context() with { Observations = [new(0, Points[0], 1)] };

        Assert.Equal(Points[0], Create().Suggest(context, 1).Suggestions[0]);
    }

    [Fact]
    public void Suggest_lets_a_grid_begin_at_its_beginning()
    {
        SearchSpace grid = SearchSpace.Parse("""{"a": {"method": "categorical", "dimension": {"categories": [1, 2, 3], "grid_search": 1}}}""");
        Configuration point = Configuration.Of(("a", ParameterValue.Of(3)));
        foreach (ISearcher inner in new ISearcher[] { new GridSearcher(), new RandomSearcher() })
        {
            SearchStep step = new InitialPointsSearcher(inner, [point]).Suggest(new() { Space = grid, Seed = 1, NextTrial = 1 }, 9);

            Assert.Equal([3, 1, 2, 3], step.Suggestions.Select(suggestion => suggestion["a"].AsDouble()));
            Assert.Equal(SearchStatus.Exhausted, step.Status);
        }
    }

    [Fact]
    public void Canonical_writes_values_as_the_space_does()
    {
        Configuration point = Configuration.Of(("depth", ParameterValue.Of(0.1 * 3)), ("lr", ParameterValue.Of(1)), ("patch", ParameterValue.Of(2.0)), ("version", ParameterValue.Of(3.0)));

        Assert.Equal("""{"lr":1.0,"depth":0.3,"version":3,"patch":2}""", InitialPoints.Canonical(Space, point).ToJson());
    }

    [Theory]
    [InlineData("momentum", 0.5)]
    [InlineData("lr", 1.5)]
    [InlineData("patch", 9)]
    [InlineData("colour", 1)]
    public void FaultsOf_names_what_is_unknown_outside_or_not_known_to_be_active(string name, double value)
    {
        Configuration point = Configuration.Of((name, ParameterValue.Of(value)));

        Assert.Equal($"points[0].{name}", Assert.Single(InitialPoints.FaultsOf(Space, point, "points[0]")).Path);
    }

    [Fact]
    public void FaultsOf_lets_parameters_out_and_knows_what_is_fixed() =>
        Assert.Empty(InitialPoints.FaultsOf(Space, Configuration.Of(("patch", ParameterValue.Of(2))), "points[0]"));

    private static InitialPointsSearcher Create() => new(new RandomSearcher(), Points);

    private static SearchContext Context() => new() { Space = Space, Seed = 1, NextTrial = 1 };
}
