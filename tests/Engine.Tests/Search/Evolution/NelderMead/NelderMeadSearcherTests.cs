using System.Collections.Immutable;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Evolution.NelderMead;
using HpoServerless.Engine.Space;
using static HpoServerless.Engine.Tests.Search.Evolution.SearchPlay;

namespace HpoServerless.Engine.Tests.Search.Evolution.NelderMead;

public sealed class NelderMeadSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new NelderMeadSearcher();
}

public sealed class NelderMeadSearcherTests
{
    [Fact]
    public void It_walks_down_a_curved_valley()
    {
        static double Rosenbrock(Configuration at)
        {
            double[] x = Point(at);
            return (100 * Math.Pow(x[1] - (x[0] * x[0]), 2)) + Math.Pow(1 - x[0], 2);
        }

        Assert.InRange(MedianBest(() => new NelderMeadSearcher(), Cube(2, -2, 2), at => Rosenbrock(at), 200), 0, 1e-8);
    }

    [Theory]
    [InlineData(1, 120, 1e-6)]
    [InlineData(8, 400, 1e-4)]
    [InlineData(40, 1600, 1e-3)]
    public void It_converges_however_many_trials_run_at_once(int parallel, int trials, double regret) =>
        Assert.InRange(MedianBest(() => new NelderMeadSearcher(), Cube(3), at => Bowl(at), trials, parallel: parallel), 0, regret);

    [Fact]
    public void Idle_workers_make_it_faster()
    {
        double alone = MedianBest(() => new NelderMeadSearcher(), Cube(4), at => Bowl(at), 50);
        double together = MedianBest(() => new NelderMeadSearcher(), Cube(4), at => Bowl(at), 4 * 50, parallel: 4);

        Assert.InRange(together, 0, alone / 2);
    }

    [Fact]
    public void It_searches_other_simplices_once_it_has_converged()
    {
        static double TwoBowls(Configuration at)
        {
            double[] x = Point(at);
            return Math.Min(x.Sum(v => Math.Pow(v - 0.2, 2)) + 1, 5 * x.Sum(v => Math.Pow(v - 0.9, 2)));
        }

        Assert.InRange(MedianBest(() => new NelderMeadSearcher(), Cube(2), at => TwoBowls(at), 1000), 0, 1e-6);
    }

    [Fact]
    public void It_reaches_a_point_of_an_integer_grid()
    {
        SearchSpace space = new([.. Enumerable.Range(0, 3).Select(i => new UniformIntParameter($"n{i}", -30, 30))]);

        Assert.Equal(0, MedianBest(() => new NelderMeadSearcher(), space, at => Point(at).Sum(x => Math.Pow(x - 11, 2)), 150));
    }

    [Fact]
    public void It_tries_every_category_at_the_bottom()
    {
        SearchSpace space = new(Words("kind", "a", "b", "c", "d"), new UniformParameter("x", 0, 1));

        double best = MedianBest(() => new NelderMeadSearcher(), space, at => (at["kind"].ToString()[0] - 'a') + Math.Pow(at["x"].AsDouble() - 0.7, 2), 150);

        Assert.InRange(best, 0, 1e-8);
    }

    [Fact]
    public void What_is_known_is_not_asked_for_again()
    {
        SearchSpace space = Cube(2);
        ImmutableArray<Observation> observations = Run(new NelderMeadSearcher(), space, at => Bowl(at), 40);

        // The same way, gone by somebody who is told the results of all but the last ten trials at once.
        SearchStep step = new NelderMeadSearcher().Suggest(new() { Space = space, Seed = 1, NextTrial = 31, Observations = observations[..30] }, 1);

        Assert.Equal(observations[30].Configuration, Assert.Single(step.Suggestions));
    }

    [Fact]
    public void Options_out_of_range_are_refused() =>
        Assert.Equal(
            "hpo_config.algorithm_param.n_startup_trials",
            Assert.Single(Assert.Throws<InvalidInputException>(() => Create("nelder-mead", """{"n_startup_trials": -1}""", Cube(2))).Faults).Path);
}
