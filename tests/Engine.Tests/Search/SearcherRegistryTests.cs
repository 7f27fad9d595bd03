using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search;

public sealed class SearcherRegistryTests
{
    private static readonly SearchSpace Space = SearchSpace.Parse("""{"x": {"method": "uniformint", "dimension": {"low": 1, "high": 5}}}""");
    private static readonly SearchSpace Marked = SearchSpace.Parse("""{"c": {"method": "categorical", "dimension": {"categories": [1, 2], "grid_search": 1}}}""");

    public static TheoryData<string> Names => [.. SearcherRegistry.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_algorithm_has_a_contract_class(string name)
    {
        ISearcher[] covered =
        [
            .. typeof(SearcherRegistryTests).Assembly.GetTypes()
                .Where(type => type.IsSubclassOf(typeof(SearcherContract)) && !type.IsAbstract)
                .Select(type => (ISearcher)typeof(SearcherContract).GetMethod("Create", BindingFlags.Instance | BindingFlags.NonPublic)!
                    .Invoke(Activator.CreateInstance(type), null)!),
        ];

        Assert.Contains(covered, searcher => searcher.Name == name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Create_makes_the_searcher_of_that_name(string name)
    {
        Assert.Equal(name, SearcherRegistry.Create(name, null, Space).Name);
        Assert.Equal(name, SearcherRegistry.Create(name, Json("null"), Space).Name);
        Assert.Equal(name, SearcherRegistry.Create(name, Json("{}"), Space).Name);
    }

    [Fact]
    public void A_front_makes_searchers_of_ours()
    {
        Assert.All(SearcherRegistry.Fronts, front => Assert.Contains(SearcherRegistry.Create(front, null, Space).Name, SearcherRegistry.Names));
    }

    [Theory]
    [InlineData("{}", "tpe")]
    [InlineData("""{"sampler": "tpe", "multivariate": false}""", "tpe")]
    [InlineData("""{"sampler": "random"}""", "random")]
    [InlineData("""{"sampler": "cmaes"}""", "cmaes")]
    [InlineData("""{"sampler": "gp"}""", "gp")]
    [InlineData("""{"sampler": "nsga2"}""", "nsga2")]
    [InlineData("""{"sampler": "grid"}""", "grid")]
    [InlineData("""{"sampler": "qmc"}""", "sobol")]
    public void Optuna_s_samplers_are_algorithms_of_ours(string options, string name) =>
        Assert.Equal(name, SearcherRegistry.Create("optuna", Json(options), Space).Name);

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("""{"sampler": "nsga2"}""", 0)]
    [InlineData("""{"sampler": "gp"}""", 1)]
    public void A_front_takes_several_objectives_if_what_it_makes_does(string options, int faults) =>
        Assert.Equal(faults, SearcherRegistry.FaultsOf("optuna", 2, 0, Json(options)).Length);

    [Fact]
    public void A_front_checks_the_space_of_what_it_makes()
    {
        SearchSpace continuous = new(new UniformParameter("x", 0, 1));

        Assert.Throws<UnsupportedSpaceException>(() => SearcherRegistry.Create("optuna", Json("""{"sampler": "grid"}"""), continuous));
        Assert.Equal("grid", SearcherRegistry.Create("optuna", Json("""{"sampler": "grid"}"""), Marked).Name);
    }

    [Fact]
    public void Create_knows_aliases()
    {
        Assert.Contains(("tune", "random"), SearcherRegistry.Aliases);
        Assert.Equal("random", SearcherRegistry.Create("tune", null, Space).Name);
    }

    [Theory]
    [InlineData("annealing")]
    [InlineData("Random")]
    [InlineData("")]
    public void Create_refuses_an_unknown_algorithm(string name)
    {
        Fault fault = Assert.Single(Assert.Throws<InvalidInputException>(() => SearcherRegistry.Create(name, null, Space)).Faults);

        Assert.Equal("hpo_config.algorithm", fault.Path);
        Assert.Equal(JsonSerializer.Serialize(name), fault.Value);
        Assert.All(SearcherRegistry.Names, known => Assert.Contains(known, fault.Rule, StringComparison.Ordinal));
    }

    [Fact]
    public void Create_refuses_unknown_options_all_at_once()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SearcherRegistry.Create("random", Json("""{"a": 1, "b": "x"}"""), Space));

        Assert.Equal(["hpo_config.algorithm_param.a", "hpo_config.algorithm_param.b"], error.Faults.Select(fault => fault.Path));
        Assert.Equal(["1", "\"x\""], error.Faults.Select(fault => fault.Value));
    }

    [Theory]
    [InlineData("[]", "hpo_config.algorithm_param")]
    [InlineData("3", "hpo_config.algorithm_param")]
    public void Create_refuses_options_that_are_no_object(string json, string path)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SearcherRegistry.Create("random", Json(json), Space));

        Assert.Equal(path, Assert.Single(error.Faults).Path);
    }

    [Fact]
    public void Create_refuses_marked_grids_where_they_are_not_walked()
    {
        Assert.NotNull(SearcherRegistry.Create("random", null, Marked));
        Assert.NotNull(SearcherRegistry.Create("tune", null, Marked));
        Assert.NotNull(SearcherRegistry.Create("grid", null, Marked));

        Fault fault = Assert.Single(Assert.Throws<InvalidInputException>(() => SearcherRegistry.Create("sobol", null, Marked)).Faults);
        Assert.Equal("search_space.c.grid_search", fault.Path);
        Assert.Contains("'sobol'", fault.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_refuses_a_space_the_algorithm_cannot_search()
    {
        SearchSpace continuous = new(new UniformParameter("x", 0, 1));

        UnsupportedSpaceException error = Assert.Throws<UnsupportedSpaceException>(() => SearcherRegistry.Create("grid", null, continuous));

        Assert.Equal("grid", error.Algorithm);
    }

    [Theory]
    [InlineData("random")]
    [InlineData("tune")]
    [InlineData("grid")]
    [InlineData("sobol")]
    [InlineData("no such algorithm")]
    public void FaultsOf_lets_algorithms_that_ignore_results_have_any_goal(string name) => Assert.Empty(SearcherRegistry.FaultsOf(name, 3, 2));

    [Fact]
    public void FaultsOf_names_the_algorithms_that_can()
    {
        ImmutableArray<Fault> faults = SearcherRegistry.FaultsOf("gbrt", 2, 1);

        Assert.Equal(["hpo_config.metrics", "hpo_config.constraints"], faults.Select(fault => fault.Path));
        Assert.All(faults, fault => Assert.Contains("random", fault.Rule, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("optuna", """{"sampler": "cmaes"}""", "hpo_config.metrics")]
    [InlineData("optuna", """{"sampler": "nsga2"}""", "")]
    [InlineData("optuna", """{"sampler": "random"}""", "")]
    [InlineData("nevergrad", "{}", "")]
    [InlineData("nevergrad", """{"method": "DE"}""", "hpo_config.metrics")]
    [InlineData("skopt", """{"base_estimator": "GBRT"}""", "hpo_config.metrics,hpo_config.constraints")]
    public void FaultsOf_a_front_are_those_of_the_algorithm_it_makes(string front, string options, string paths) =>
        Assert.Equal(paths, string.Join(',', SearcherRegistry.FaultsOf(front, 2, 1, Json(options)).Select(fault => fault.Path)));

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;
}
