using System.Collections.Immutable;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Evolution;
using HpoServerless.Engine.Space;
using static HpoServerless.Engine.Tests.Search.Evolution.SearchPlay;

namespace HpoServerless.Engine.Tests.Search.Evolution;

public sealed class OnePlusOneSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new OnePlusOneSearcher();
}

public sealed class OnePlusOneSearcherTests
{
    [Theory]
    [InlineData(1, 1e-5)]
    [InlineData(32, 1e-2)]
    public void It_converges_however_many_trials_run_at_once(int parallel, double regret) =>
        Assert.InRange(MedianBest(() => new OnePlusOneSearcher(), Cube(3), at => Bowl(at), 400, parallel: parallel), 0, regret);

    [Fact]
    public void It_solves_a_string_of_categories()
    {
        SearchSpace space = new([.. Enumerable.Range(0, 8).Select(i => Words($"c{i}", "a", "b", "c"))]);

        Assert.Equal(0, MedianBest(() => new OnePlusOneSearcher(), space, at => at.Count(pair => pair.Value.ToString() != "b"), 250));
    }

    [Fact]
    public void Steps_grow_on_success_and_shrink_on_failure()
    {
        Assert.Contains("step size 0.5", ReasonAfter(value => -value), StringComparison.Ordinal);
        Assert.Contains("step size 0.0", ReasonAfter(value => value), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"sigma0": 0}""")]
    [InlineData("""{"sigma0": 0.6}""")]
    public void Options_out_of_range_are_refused(string options) =>
        Assert.Equal("hpo_config.algorithm_param.sigma0", Assert.Single(Assert.Throws<InvalidInputException>(() => Create("oneplusone", options, Cube(2))).Faults).Path);

    private static string ReasonAfter(Func<int, double> value)
    {
        int trial = 0;
        ImmutableArray<Observation> known = Run(new OnePlusOneSearcher(), Cube(2), _ => value(trial++), 20);
        return Assert.Single(new OnePlusOneSearcher().Suggest(new() { Space = Cube(2), Seed = 1, NextTrial = 21, Observations = known }, 1).Reasons);
    }
}
