using System.Collections.Immutable;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Evolution.De;
using static HpoServerless.Engine.Tests.Search.Evolution.SearchPlay;

namespace HpoServerless.Engine.Tests.Search.Evolution.De;

public sealed class DeSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new DeSearcher();
}

public sealed class DeSearcherTests
{
    [Theory]
    [InlineData("current-to-pbest/1/bin")]
    [InlineData("rand/1/bin")]
    [InlineData("best/1/bin")]
    [InlineData("rand/2/bin")]
    [InlineData("best/2/bin")]
    public void Every_strategy_descends(string strategy) =>
        Assert.InRange(MedianBest(() => Create("de", $$"""{"strategy": "{{strategy}}"}""", Cube(3)), Cube(3), at => Bowl(at), 400), 0, 1e-3);

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void It_converges_however_many_trials_run_at_once(int parallel) =>
        Assert.InRange(MedianBest(() => new DeSearcher(), Cube(3), at => Bowl(at), 500, parallel: parallel), 0, 1e-4);

    [Fact]
    public void A_trial_challenges_the_member_of_its_number()
    {
        ImmutableArray<Observation> known = Run(Create("de", """{"population_size": 5}""", Cube(2)), Cube(2), at => Bowl(at), 12);

        SearchStep step = Create("de", """{"population_size": 5}""", Cube(2)).Suggest(new() { Space = Cube(2), Seed = 1, NextTrial = 13, Observations = known }, 3);

        Assert.All(step.Reasons.Zip([3, 4, 5]), pair => Assert.StartsWith($"challenges member {pair.Second} of 5, F ", pair.First, StringComparison.Ordinal));
    }

    [Fact]
    public void Fixed_factors_are_kept()
    {
        const string options = """{"mutation": 0.7, "recombination": 0.9}""";
        ImmutableArray<Observation> known = Run(Create("de", options, Cube(2)), Cube(2), at => Bowl(at), 30);

        SearchStep step = Create("de", options, Cube(2)).Suggest(new() { Space = Cube(2), Seed = 1, NextTrial = 31, Observations = known }, 1);

        Assert.EndsWith("F 0.7, CR 0.9", Assert.Single(step.Reasons), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"popsize": 3}""", "popsize")]
    [InlineData("""{"mutation": 2.5}""", "mutation")]
    [InlineData("""{"recombination": -0.5}""", "recombination")]
    [InlineData("""{"strategy": "worst"}""", "strategy")]
    public void Options_out_of_range_are_refused(string options, string name)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Create("de", options, Cube(2)));

        Assert.Equal($"hpo_config.algorithm_param.{name}", Assert.Single(error.Faults).Path);
    }
}
