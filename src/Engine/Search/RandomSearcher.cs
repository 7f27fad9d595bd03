using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>Draws every trial from the distributions of the space, independently of all others.</summary>
/// <remarks>
/// <para>Trial n is drawn from the stream (seed, <c>random</c>, n): neither concurrency nor results change it. Keeps no state.</para>
/// <para>
/// Categorical parameters marked <c>grid_search: 1</c> are not drawn but walked: trial n takes point (n - 1) mod size of the product of their
/// categories, the first parameter slowest, so the number of trials stays the user's limit. Where every parameter that is not fixed is
/// marked, the grid is run once and nothing is drawn.
/// </para>
/// <para>
/// In a space of finitely many configurations without marked ones, no configuration is drawn twice while one is left; after that they are
/// drawn again, because the number of trials is the user's.
/// </para>
/// <para>Cost: O(d) a suggestion.</para>
/// </remarks>
public sealed class RandomSearcher : ISearcher
{
    private static readonly GridSearcher WholeGrid = new();

    private readonly HistoryMemo _memo = new();
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        MarkedGrid grid = new(context.Space);
        return grid.IsWhole ? WholeGrid.Suggest(context, count)
            : !grid.IsEmpty || context.Space.Parameters.Any(parameter => parameter.GridValues is null)
                ? new([.. Enumerable.Range(context.NextTrial, count).Select(trial => Draw(context, grid, trial))], State: null)
                : SuggestNew(context, grid, count);
    }

    private SearchStep SuggestNew(SearchContext context, MarkedGrid grid, int count)
    {
        lock (_lock)
        {
            SuggestionBatch batch = new(context, _memo.Read(context));
            while (batch.Count < count && !batch.IsExhausted)
            {
                batch.TryAddRandom(SeededRandom.For(context.Seed, Name, batch.NextTrial), string.Empty);
            }

            ImmutableArray<Configuration> drawn = batch.ToStep().Suggestions;
            return new([.. drawn, .. Enumerable.Range(batch.NextTrial, count - drawn.Length).Select(trial => Draw(context, grid, trial))], State: null);
        }
    }

    private Configuration Draw(SearchContext context, MarkedGrid grid, int trial)
    {
        SeededRandom random = SeededRandom.For(context.Seed, Name, trial);
        int dimension = context.Space.Dimension;
        Span<double> unit = dimension <= 128 ? stackalloc double[dimension] : new double[dimension];
        foreach (ref double coordinate in unit)
        {
            coordinate = random.NextUnit();
        }

        grid.Place(trial - context.FirstTrial, unit);
        return context.Space.Decode(unit);
    }
}
