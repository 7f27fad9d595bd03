using System.Collections.Immutable;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Evolution.Nsga2;
using HpoServerless.Engine.Search.MultiObjective;
using HpoServerless.Engine.Space;
using static HpoServerless.Engine.Tests.Search.Evolution.SearchPlay;

namespace HpoServerless.Engine.Tests.Search.Evolution.Nsga2;

public sealed class Nsga2SearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new Nsga2Searcher();
}

public sealed class Nsga2SearcherTests
{
    [Fact]
    public void It_covers_a_front_better_than_random_search_does()
    {
        // ZDT1: the front is f2 = 1 - sqrt(f1), where all coordinates but the first are 0. Its hypervolume to (1.1, 1.1) is 0.8767.
        static ImmutableArray<double> Zdt1(Configuration at)
        {
            double[] x = Point(at);
            double g = 1 + (9 * x.Skip(1).Average());
            return [x[0], g * (1 - Math.Sqrt(x[0] / g))];
        }

        double found = Volume(new Nsga2Searcher(), Cube(6), Zdt1, 800);

        Assert.InRange(found, 0.75, 0.8767);
        Assert.InRange(Volume(new RandomSearcher(), Cube(6), Zdt1, 800), 0, found - 0.3);
    }

    [Fact]
    public void It_works_with_one_objective() =>
        Assert.InRange(MedianBest(() => new Nsga2Searcher(), Cube(3), at => Bowl(at), 600), 0, 3e-3);

    [Fact]
    public void Violations_count_before_objectives()
    {
        ImmutableArray<Observation> observations = Play(new Nsga2Searcher(), Cube(2), 300, (trial, at) =>
        {
            double[] x = Point(at);
            return new(trial, at, x.Sum()) { Objectives = [x.Sum(), -x[0]], Constraints = [1.2 - x[0] - x[1]] };
        });

        Assert.InRange(observations.TakeLast(100).Count(observation => observation.Violation == 0), 50, 100);
        Assert.InRange(observations.Take(20).Count(observation => observation.Violation == 0), 0, 15);
    }

    [Fact]
    public void Failed_trials_never_become_parents()
    {
        ImmutableArray<Observation> observations = Play(new Nsga2Searcher(), Cube(2), 60, (trial, at) => new(trial, at, trial % 2 == 0 ? null : Bowl(at)));

        SearchStep step = new Nsga2Searcher().Suggest(new() { Space = Cube(2), Seed = 1, NextTrial = 61, Observations = observations }, 20);

        Assert.All(step.Reasons, reason => Assert.Matches("^generation 4, child of trials [0-9]*[13579] and [0-9]*[13579]$", reason));
    }

    [Theory]
    [InlineData("""{"population_size": 3}""", "population_size")]
    [InlineData("""{"crossover_prob": 1.5}""", "crossover_prob")]
    [InlineData("""{"mutation_prob": -2}""", "mutation_prob")]
    [InlineData("""{"crossover_eta": -1}""", "crossover_eta")]
    [InlineData("""{"mutation_eta": 1e9}""", "mutation_eta")]
    public void Options_out_of_range_are_refused(string options, string name)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Create("nsga2", options, Cube(2)));

        Assert.Equal($"hpo_config.algorithm_param.{name}", Assert.Single(error.Faults).Path);
    }

    private static double Volume(ISearcher searcher, SearchSpace space, Func<Configuration, ImmutableArray<double>> objectives, int trials)
    {
        ImmutableArray<Observation> observations = Play(searcher, space, trials, (trial, at) => new(trial, at, objectives(at)[0]) { Objectives = objectives(at) });
        return Hypervolume.Of(observations.Select(observation => observation.Objectives.ToArray()), [1.1, 1.1]);
    }

    private static ImmutableArray<Observation> Play(ISearcher searcher, SearchSpace space, int trials, Func<int, Configuration, Observation> evaluate)
    {
        ImmutableArray<Observation> observations = [];
        while (observations.Length < trials)
        {
            int next = observations.Length + 1;
            SearchStep step = searcher.Suggest(new() { Space = space, Seed = 1, NextTrial = next, Observations = observations, Objectives = 2 }, 20);
            observations = [.. observations, .. step.Suggestions.Select((suggestion, i) => evaluate(next + i, suggestion))];
        }

        return observations;
    }
}
