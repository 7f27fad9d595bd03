using FsCheck;
using FsCheck.Fluent;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Scheduling.Population;
using HpoServerless.Engine.Scheduling.StopRules;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Tests.Space;

namespace HpoServerless.Engine.Tests.Scheduling.Population;

public sealed class PerturbingExplorerTests
{
    private static readonly SearchSpace Conditional = SearchSpace.Parse(
        """
        {
          "optimizer": {"method": "categorical", "dimension": {"categories": ["sgd", "adam"]}},
          "momentum": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"optimizer": ["sgd"]}},
          "beta": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"optimizer": ["adam"]}},
          "epochs": {"method": "fixed", "dimension": {"value": 9}}
        }
        """);

    private static Configuration Explored(SearchSpace space, Configuration donor, ulong seed, double resample, string? mutations = null)
    {
        Options.OptionReader options = new(mutations is null ? null : Experiments.Given.Json($$"""{"hyperparam_mutations": {{mutations}} }"""), "options");
        PerturbingExplorer explorer = new("pbt", MutationRules.Read(options), resample, PerturbingExplorer.UsualFactors);
        options.Done();
        SchedulerContext context = new()
        {
            Seed = seed,
            Space = space,
            Trials = new([new Trial { Number = 1, Configuration = donor }, new Trial { Number = 2, Configuration = donor }]),
            Reports = [],
            Running = [],
            Paused = [],
            FreeSlots = 0,
            CreatableTrials = 0,
            NextTrial = 3,
        };
        return explorer.Open(context, new CurveTable(static point => point.Value)).Explore(new(2, 10, 1));
    }

    [Fact]
    public void Children_that_become_active_are_drawn_and_those_that_do_not_are_left_out()
    {
        Configuration donor = Configuration.Of(("optimizer", ParameterValue.Of("sgd")), ("momentum", ParameterValue.Of(0.5)), ("epochs", ParameterValue.Of(9)));

        Configuration[] explored = [.. Enumerable.Range(0, 40).Select(seed => Explored(Conditional, donor, (ulong)seed, resample: 1))];

        Assert.All(explored, next => Assert.True(Conditional.Contains(next)));
        Assert.InRange(explored.Count(next => next.TryGetValue("beta", out _)), 10, 30);
        Assert.Equal(40, explored.Select(next => next.TryGetValue("beta", out ParameterValue beta) ? beta : next["momentum"]).Distinct().Count());
    }

    [Fact]
    public void Without_fresh_draws_numbers_are_multiplied_and_categories_stay()
    {
        Configuration donor = Configuration.Of(("optimizer", ParameterValue.Of("sgd")), ("momentum", ParameterValue.Of(0.5)), ("epochs", ParameterValue.Of(9)));

        Configuration[] explored = [.. Enumerable.Range(0, 20).Select(seed => Explored(Conditional, donor, (ulong)seed, resample: 0))];

        Assert.All(explored, next => Assert.Equal(ParameterValue.Of("sgd"), next["optimizer"]));
        Assert.Equal([0.4, 0.6], explored.Select(next => next["momentum"].AsDouble()).Distinct().Order());
    }

    [Fact]
    public void Hyperparameters_that_are_not_named_stay()
    {
        Configuration donor = Configuration.Of(("optimizer", ParameterValue.Of("sgd")), ("momentum", ParameterValue.Of(0.5)), ("epochs", ParameterValue.Of(9)));

        Configuration[] explored = [.. Enumerable.Range(0, 20).Select(seed => Explored(Conditional, donor, (ulong)seed, resample: 1, """{"momentum": [0.1, 0.9]}"""))];

        Assert.All(explored, next => Assert.Equal(ParameterValue.Of("sgd"), next["optimizer"]));
        Assert.Equal([0.1, 0.9], explored.Select(next => next["momentum"].AsDouble()).Distinct().Order());
    }

    [Fact]
    public void Whatever_the_space_the_new_configuration_lies_inside() =>
        Prop.ForAll(SearchSpaceGenerators.Spaces, Gen.Choose(0, 1_000_000).ToArbitrary(), static (space, seed) =>
        {
            SeededRandom random = SeededRandom.For((ulong)seed, "unit");
            Configuration donor = space.Decode([.. Enumerable.Range(0, space.Dimension).Select(_ => random.NextUnit())]);

            return space.Contains(Explored(space, donor, (ulong)seed, resample: 0.25));
        }).QuickCheckThrowOnFailure();
}
