using System.Collections.Immutable;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Evolution.Cmaes;
using HpoServerless.Engine.Space;
using static HpoServerless.Engine.Tests.Search.Evolution.SearchPlay;

namespace HpoServerless.Engine.Tests.Search.Evolution.Cmaes;

public sealed class CmaesSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new CmaesSearcher();
}

public sealed class CmaesSearcherTests
{
    [Fact]
    public void It_follows_a_narrow_valley_that_lies_across_the_axes()
    {
        static double Valley(Configuration at)
        {
            double[] x = Point(at);
            return (1e4 * Square(x[0] - x[1])) + Square(x[0] + x[1] - 0.7) + (100 * Square(x[2] - x[3] + 0.2)) + Square(x[2] + x[3] - 1.1);
        }

        Assert.InRange(MedianBest(() => new CmaesSearcher(), Cube(4), at => Valley(at), 700), 0, 1e-8);
        Assert.InRange(MedianBest(() => Create("cmaes", """{"separable": "yes"}""", Cube(4)), Cube(4), at => Valley(at), 700), 1e-7, 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(64)]
    public void It_converges_however_many_trials_run_at_once(int parallel) =>
        Assert.InRange(MedianBest(() => new CmaesSearcher(), Cube(5), at => Point(at).Sum(x => Square(x - 0.83)), 600, parallel: parallel), 0, 2e-3);

    [Fact]
    public void It_reaches_an_optimum_on_the_border() =>
        Assert.InRange(MedianBest(() => new CmaesSearcher(), Cube(4), at => Point(at).Sum(), 300), 0, 0.02);

    [Fact]
    public void It_finds_integers_and_categories_together()
    {
        SearchSpace space = SearchSpace.Parse(
            """
            {
              "n": {"method": "uniformint", "dimension": {"low": 1, "high": 200}},
              "b": {"method": "uniformint", "dimension": {"low": 0, "high": 1}},
              "kind": {"method": "categorical", "dimension": {"categories": ["a", "b", "c", "d", "e"]}},
              "x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}
            }
            """);

        double best = MedianBest(
            () => new CmaesSearcher(),
            space,
            at => (Square(at["n"].AsDouble() - 163) / 100) + at["b"].AsDouble() + (at["kind"].ToString() == "d" ? 0 : 1) + Square(at["x"].AsDouble() - 0.4),
            200);

        Assert.InRange(best, 0, 0.02);
    }

    [Fact]
    public void It_goes_on_from_what_another_algorithm_found()
    {
        SearchSpace space = Cube(3);
        static double Bowl(Configuration at) => Point(at).Sum(x => Square(x - 0.21));
        ImmutableArray<Observation> random = Run(new RandomSearcher(), space, at => Bowl(at), 60);
        Observation[] known = [.. random.Select(observation => observation with { Trial = observation.Trial - 60 })];

        ImmutableArray<Observation> after = Run(new CmaesSearcher(), space, at => Bowl(at), 30, seed: 1, parallel: 1, known);

        Assert.True(after[60..].Average(o => o.Value) < random.Order(Comparer<Observation>.Create((a, b) => a.Value!.Value.CompareTo(b.Value!.Value))).Take(15).Average(o => o.Value));
    }

    [Fact]
    public void It_restarts_elsewhere_once_it_has_converged()
    {
        static double TwoBowls(Configuration at)
        {
            double[] x = Point(at);
            return Math.Min(x.Sum(v => Square(v - 0.2)) + 1, 5 * x.Sum(v => Square(v - 0.85)));
        }

        Assert.InRange(MedianBest(() => new CmaesSearcher(), Cube(2), at => TwoBowls(at), 1500), 0, 1e-6);
    }

    [Fact]
    public void Inactive_coordinates_do_not_hold_the_others_up()
    {
        SearchSpace space = SearchSpace.Parse(
            """
            {
              "model": {"method": "categorical", "dimension": {"categories": ["a", "b"]}},
              "p": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"model": ["a"]}},
              "q": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"model": ["b"]}}
            }
            """);

        double best = MedianBest(
            () => new CmaesSearcher(),
            space,
            at => at["model"].ToString() == "a" ? 0.5 + Square(at["p"].AsDouble() - 0.9) : Square(at["q"].AsDouble() - 0.1),
            150);

        Assert.InRange(best, 0, 1e-4);
    }

    [Fact]
    public void Reasons_tell_generation_and_step_size()
    {
        ImmutableArray<Observation> known = Run(new CmaesSearcher(), Cube(2), at => Point(at).Sum(), 20);

        SearchStep step = new CmaesSearcher().Suggest(new() { Space = Cube(2), Seed = 1, NextTrial = 21, Observations = known }, 1);

        Assert.Matches("^generation [0-9]+, candidate [0-9]+ of 5, step size [0-9.E-]+$", Assert.Single(step.Reasons));
    }

    [Theory]
    [InlineData("""{"sigma0": 0}""", "sigma0")]
    [InlineData("""{"popsize": 3}""", "popsize")]
    [InlineData("""{"popsize": 8, "population_size": 9}""", "popsize")]
    [InlineData("""{"n_startup_trials": -1}""", "n_startup_trials")]
    [InlineData("""{"restart_strategy": "often"}""", "restart_strategy")]
    [InlineData("""{"use_separable_cma": 1}""", "use_separable_cma")]
    public void Options_out_of_range_are_refused(string options, string name)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Create("cmaes", options, Cube(2)));

        Assert.Equal($"hpo_config.algorithm_param.{name}", Assert.Single(error.Faults).Path);
    }

    [Theory]
    [InlineData("""{"population_size": 12}""", 12)]
    [InlineData("""{"popsize": 12, "restart_strategy": "ipop"}""", 12)]
    [InlineData("""{"popsize": 0}""", 5)]
    public void The_population_is_what_was_asked_for(string options, int population)
    {
        ImmutableArray<Observation> known = Run(Create("cmaes", options, Cube(2)), Cube(2), at => Point(at).Sum(), population);

        SearchStep step = Create("cmaes", options, Cube(2)).Suggest(new() { Space = Cube(2), Seed = 1, NextTrial = population + 1, Observations = known }, 1);

        Assert.StartsWith($"generation 1, candidate 1 of {population},", Assert.Single(step.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void All_trials_failing_does_no_harm() =>
        Assert.Equal(40, Run(new CmaesSearcher(), Cube(3), _ => null, 40).Select(o => o.Configuration).Distinct().Count());

    private static double Square(double x) => x * x;
}
