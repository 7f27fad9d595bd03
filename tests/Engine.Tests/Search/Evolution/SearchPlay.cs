using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Evolution;

/// <summary>Runs a search on a function, to see where it gets.</summary>
internal static class SearchPlay
{
    public static SearchSpace Cube(int dimension, double low = 0, double high = 1) =>
        new([.. Enumerable.Range(0, dimension).Select(i => new UniformParameter($"x{i}", low, high))]);

    public static CategoricalParameter Words(string name, params ReadOnlySpan<string> categories) =>
        new(name, [.. categories.ToArray().Select(ParameterValue.Of)]);

    public static double[] Point(Configuration configuration) => [.. configuration.Select(pair => pair.Value.AsDouble())];

    /// <summary>Squared distance from a point beside the middle.</summary>
    public static double Bowl(Configuration configuration) => Point(configuration).Sum(x => (x - 0.63) * (x - 0.63));

    public static ISearcher Create(string algorithm, string options, SearchSpace space) =>
        SearcherRegistry.Create(algorithm, JsonDocument.Parse(options).RootElement, space);

    /// <summary>Runs a number of trials.</summary>
    /// <param name="searcher">Under test.</param>
    /// <param name="space">Its space.</param>
    /// <param name="evaluate">Minimised; null for a failed trial.</param>
    /// <param name="trials">How many.</param>
    /// <param name="seed">Seed of the experiment, and of the order in which parallel trials end.</param>
    /// <param name="parallel">How many run at once.</param>
    /// <param name="known">Observations of earlier experiments.</param>
    /// <returns>All observations in the order of their arrival, those of earlier experiments first.</returns>
    public static ImmutableArray<Observation> Run(
        ISearcher searcher,
        SearchSpace space,
        Func<Configuration, double?> evaluate,
        int trials,
        ulong seed = 1,
        int parallel = 1,
        params ReadOnlySpan<Observation> known)
    {
        AppendOnlyList<Observation> observations = AppendOnlyList.Create(known);
        List<PendingTrial> pending = [];
        SeededRandom random = SeededRandom.For(seed, "play");
        string? state = null;
        int next = 1;
        while (observations.Count < trials + known.Length)
        {
            int wanted = Math.Min(parallel - pending.Count, trials - next + 1);
            if (wanted > 0)
            {
                SearchContext context = new() { Space = space, Seed = seed, NextTrial = next, Observations = observations, Pending = [.. pending], State = state, Parallelism = parallel, TotalTrials = trials };
                SearchStep step = searcher.Suggest(context, wanted);
                state = step.State;
                pending.AddRange(step.Suggestions.Select(suggestion => new PendingTrial(next++, suggestion)));
                if (pending.Count == 0)
                {
                    break;
                }
            }

            PendingTrial finished = pending[random.NextInt(pending.Count)];
            pending.Remove(finished);
            observations = observations.Add(new(finished.Trial, finished.Configuration, evaluate(finished.Configuration)));
        }

        return [.. observations];
    }

    /// <summary>The best value of several runs with different seeds; the middle one of them.</summary>
    public static double MedianBest(Func<ISearcher> create, SearchSpace space, Func<Configuration, double?> evaluate, int trials, int runs = 5, int parallel = 1)
    {
        double[] bests = [.. Enumerable.Range(1, runs).Select(seed => Run(create(), space, evaluate, trials, (ulong)seed, parallel).Min(o => o.Value ?? double.MaxValue)).Order()];
        return bests[runs / 2];
    }
}
