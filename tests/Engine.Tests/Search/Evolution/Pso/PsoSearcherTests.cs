using System.Collections.Immutable;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Evolution.Pso;
using HpoServerless.Engine.Space;
using static HpoServerless.Engine.Tests.Search.Evolution.SearchPlay;

namespace HpoServerless.Engine.Tests.Search.Evolution.Pso;

public sealed class PsoSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new PsoSearcher();
}

public sealed class PsoSearcherTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void It_converges_however_many_trials_run_at_once(int parallel) =>
        Assert.InRange(MedianBest(() => new PsoSearcher(), Cube(3), at => Bowl(at), 500, parallel: parallel), 0, 1e-3);

    [Fact]
    public void A_particle_that_nothing_pulls_flies_on()
    {
        const string options = """{"swarm_size": 2, "inertia": 0.5, "c1": 0, "c2": 0}""";
        ImmutableArray<Observation> known =
        [
            .. new[] { 0.1, 0.9, 0.35, 0.5 }.Select((x, i) => new Observation(i + 1, Configuration.Of(("x0", ParameterValue.Of(x))), i)),
        ];

        SearchStep step = Create("pso", options, Cube(1)).Suggest(new() { Space = Cube(1), Seed = 1, NextTrial = 5, Observations = known }, 2);

        Assert.Equal([0.475, 0.3], step.Suggestions.Select(suggestion => Math.Round(suggestion["x0"].AsDouble(), 9)));
        Assert.Equal(["particle 1 of 2, move 3", "particle 2 of 2, move 3"], step.Reasons);
    }

    [Theory]
    [InlineData("""{"swarm_size": 1}""", "swarm_size")]
    [InlineData("""{"inertia": 1}""", "inertia")]
    [InlineData("""{"c1": -1}""", "c1")]
    [InlineData("""{"c2": 5}""", "c2")]
    public void Options_out_of_range_are_refused(string options, string name)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Create("pso", options, Cube(2)));

        Assert.Equal($"hpo_config.algorithm_param.{name}", Assert.Single(error.Faults).Path);
    }
}
