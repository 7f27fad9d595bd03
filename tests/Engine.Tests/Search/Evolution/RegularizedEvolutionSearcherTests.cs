using System.Collections.Immutable;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Evolution;
using HpoServerless.Engine.Space;
using static HpoServerless.Engine.Tests.Search.Evolution.SearchPlay;

namespace HpoServerless.Engine.Tests.Search.Evolution;

public sealed class RegularizedEvolutionSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new RegularizedEvolutionSearcher();
}

public sealed class RegularizedEvolutionSearcherTests
{
    private static readonly SearchSpace Letters = new([.. Enumerable.Range(0, 8).Select(i => Words($"c{i}", "a", "b", "c", "d"))]);

    [Fact]
    public void It_solves_a_string_of_categories() =>
        Assert.Equal(0, MedianBest(() => new RegularizedEvolutionSearcher(), Letters, at => at.Count(pair => pair.Value.ToString() != "c"), 300));

    [Fact]
    public void A_child_differs_from_its_parent_in_one_parameter()
    {
        ImmutableArray<Observation> known = Run(new RegularizedEvolutionSearcher(), Letters, at => at.Count(pair => pair.Value.ToString() != "c"), 30);

        SearchStep step = new RegularizedEvolutionSearcher().Suggest(new() { Space = Letters, Seed = 1, NextTrial = 31, Observations = known }, 5);

        Assert.All(step.Suggestions, child => Assert.Contains(known, parent => parent.Configuration.Count(pair => child[pair.Key] != pair.Value) == 1));
    }

    [Fact]
    public void The_oldest_die_however_good_they_were()
    {
        Observation[] known = [.. Enumerable.Range(1, 10).Select(trial => new Observation(trial, Run(new RandomSearcher(), Letters, _ => 0, 10)[trial - 1].Configuration, trial))];

        SearchStep step = Create("regularized-evolution", """{"population_size": 4, "sample_size": 4}""", Letters)
            .Suggest(new() { Space = Letters, Seed = 1, NextTrial = 11, Observations = known }, 8);

        Assert.All(step.Reasons, reason => Assert.Matches("^trial (7|8|9|10) with another c[0-7]$", reason));
    }

    [Theory]
    [InlineData("""{"population_size": 1}""", "population_size")]
    [InlineData("""{"sample_size": 21}""", "sample_size")]
    [InlineData("""{"population_size": 5, "sample_size": 6}""", "sample_size")]
    public void Options_out_of_range_are_refused(string options, string name)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Create("regularized-evolution", options, Letters));

        Assert.Equal($"hpo_config.algorithm_param.{name}", Assert.Single(error.Faults).Path);
    }
}
