using System.Text.Json;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Trees;

public sealed class ForestContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => SearcherRegistry.Create("forest", null, Space);
}

public sealed class RandomForestContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override int LargeDimension => 40;

    protected override ISearcher Create() =>
        SearcherRegistry.Create("forest", JsonSerializer.Deserialize<JsonElement>("""{"forest_type": "RF", "bootstrap": true, "min_points_in_model": 3, "n_estimators": 5, "n_samples": 100}"""), Space);
}

public sealed class BoostingContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override int LargeDimension => 40;

    protected override ISearcher Create() => SearcherRegistry.Create("gbrt", JsonSerializer.Deserialize<JsonElement>("""{"n_estimators": 5, "n_samples": 100}"""), Space);
}

public sealed class TreeSearcherTests
{
    private static readonly SearchSpace Space = SearchSpace.Parse(
        """
        {
          "x": {"method": "uniform", "dimension": {"low": 0, "high": 1}},
          "model": {"method": "categorical", "dimension": {"categories": ["a", "b", "c", "d"]}},
          "depth": {"method": "uniformint", "dimension": {"low": 1, "high": 20}, "condition": {"model": ["c"]}}
        }
        """);

    [Theory]
    [InlineData("forest", "{}")]
    [InlineData("forest", """{"forest_type": "RF", "bootstrap": true}""")]
    [InlineData("forest", """{"acq_func": "LogEI"}""")]
    [InlineData("forest", """{"acq_func": "PI", "xi": 0.01, "loss_transformer": "scaled"}""")]
    [InlineData("gbrt", """{"acq_func": "LCB", "use_local_search": false, "n_samples": 500}""")]
    [InlineData("skopt", "{}")]
    [InlineData("skopt", """{"base_estimator": "RF"}""")]
    public void Suggest_closes_in_on_the_optimum(string name, string options)
    {
        ISearcher searcher = SearcherRegistry.Create(name, JsonSerializer.Deserialize<JsonElement>(options), Space);

        double best = Play(searcher, 50).Min(observation => observation.Value!.Value);

        // 50 random configurations reach 0.06 in the median.
        Assert.InRange(best, 0, .02);
    }

    [Theory]
    [InlineData("GP", "gp")]
    [InlineData("RF", "forest")]
    [InlineData("ET", "forest")]
    [InlineData("GBRT", "gbrt")]
    public void Skopt_is_one_of_ours_by_its_base_estimator(string estimator, string expected) =>
        Assert.Equal(expected, SearcherRegistry.Create("skopt", JsonSerializer.Deserialize<JsonElement>($$"""{"base_estimator": "{{estimator}}"}"""), Space).Name);

    [Fact]
    public void The_first_trials_are_spread_and_say_so()
    {
        SearchStep step = SearcherRegistry.Create("forest", null, Space).Suggest(new() { Space = Space, Seed = 1, NextTrial = 1 }, 8);

        Assert.All(step.Reasons, reason => Assert.StartsWith("spread evenly", reason, StringComparison.Ordinal));
        Assert.Equal(Enumerable.Range(0, 8), step.Suggestions.Select(suggestion => (int)(suggestion["x"].AsDouble() * 8)).Order());
    }

    [Fact]
    public void Later_trials_say_what_they_are_based_on()
    {
        ISearcher searcher = SearcherRegistry.Create("forest", null, Space);
        SearchContext context = new() { Space = Space, Seed = 1, NextTrial = 31, Observations = Play(searcher, 30) };

        Assert.Equal("largest expected improvement by 20 extra trees on 30 results", Assert.Single(searcher.Suggest(context, 1).Reasons));
    }

    [Fact]
    public void Running_trials_send_the_next_ones_elsewhere()
    {
        ISearcher searcher = SearcherRegistry.Create("forest", null, Space);
        SearchContext context = new() { Space = Space, Seed = 1, NextTrial = 31, Observations = Play(searcher, 30) };

        SearchStep step = searcher.Suggest(context, 10);

        Assert.Equal(10, step.Suggestions.Distinct().Count());
        Assert.Contains(step.Suggestions, suggestion => Math.Abs(suggestion["x"].AsDouble() - step.Suggestions[0]["x"].AsDouble()) > .1);
    }

    [Fact]
    public void Create_refuses_a_measure_that_its_transform_does_not_fit()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SearcherRegistry.Create(
            "forest", JsonSerializer.Deserialize<JsonElement>("""{"acq_func": "LogEI", "loss_transformer": "none", "n_estimators": 0}"""), Space));

        Assert.Equal(["hpo_config.algorithm_param.n_estimators", "hpo_config.algorithm_param.acq_func"], error.Faults.Select(fault => fault.Path));
    }

    private static AppendOnlyList<Observation> Play(ISearcher searcher, int trials)
    {
        AppendOnlyList<Observation> observations = [];
        while (observations.Count < trials)
        {
            SearchStep step = searcher.Suggest(new() { Space = Space, Seed = 5, NextTrial = observations.Count + 1, Observations = observations }, 1);
            observations = observations.Add(new(observations.Count + 1, step.Suggestions[0], Evaluate(step.Suggestions[0])));
        }

        return observations;
    }

    private static double Evaluate(Configuration at) =>
        Math.Pow(at["x"].AsDouble() - .3, 2) + (at.TryGetValue("depth", out ParameterValue depth) ? Math.Abs(depth.AsDouble() - 13) / 20 : .4);
}
