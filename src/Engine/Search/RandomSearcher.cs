using HpoServerless.Engine.Numerics;
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
/// <para>Cost: O(d) a suggestion.</para>
/// </remarks>
public sealed class RandomSearcher : ISearcher
{
    private static readonly GridSearcher WholeGrid = new();

    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        MarkedGrid grid = new(context.Space);
        return grid.IsWhole
            ? WholeGrid.Suggest(context, count)
            : new([.. Enumerable.Range(context.NextTrial, count).Select(trial => Draw(context, grid, trial))], State: null);
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

        grid.Place(trial - 1, unit);
        return context.Space.Decode(unit);
    }
}
