using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>All searchers by name.</summary>
public static class SearcherRegistry
{
    /// <summary>Builds a searcher.</summary>
    /// <exception cref="InvalidInputException">Unknown name or options.</exception>
    public static ISearcher Create(string algorithm, JsonElement? algorithmParam, SearchSpace space) => algorithm == "random"
        ? new RandomSearcher()
        : throw new InvalidInputException(new Fault("hpo_config.algorithm", $"\"{algorithm}\"", "must be one of random"));

    private sealed class RandomSearcher : ISearcher
    {
        public string Name => "random";

        public SearchStep Suggest(SearchContext context, int count) => new([.. Enumerable.Range(context.NextTrial, count).Select(t => Draw(context, t))], null);

        private static Configuration Draw(SearchContext context, int trial)
        {
            SeededRandom random = SeededRandom.For(context.Seed, "random", trial);
            return context.Space.Decode([.. Enumerable.Range(0, context.Space.Dimension).Select(_ => random.NextUnit())]);
        }
    }
}
