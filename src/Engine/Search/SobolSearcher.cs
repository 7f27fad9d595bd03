using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>Low-discrepancy search: covers the space more evenly than random draws do, in every direction and in most pairs.</summary>
/// <remarks>
/// Trial n is point n - 1 of a Sobol sequence that the seed scrambles (see <see cref="SobolSequence"/>); results do not change it. Where that
/// configuration was tried before, as happens among discrete values, a random one that was not takes its place. Keeps no state. Best used with
/// a power of two trials. Cost: O(d) a suggestion.
/// </remarks>
public sealed class SobolSearcher : ISearcher
{
    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design = new("sobol");
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public string Name => "sobol";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        RequireSpace(context.Space);
        lock (_lock)
        {
            SuggestionBatch batch = new(context, _memo.Read(context));
            while (batch.Count < count && !batch.IsExhausted)
            {
                int trial = batch.NextTrial;
                if (!batch.TryAdd(_design.Point(context.Seed, trial, context.Space.Dimension), $"point {trial} of a Sobol sequence"))
                {
                    batch.TryAddRandom(SeededRandom.For(context.Seed, "sobol-again", trial), $"random: point {trial} of the Sobol sequence was tried before");
                }
            }

            return batch.ToStep();
        }
    }

    /// <exception cref="UnsupportedSpaceException">The space has more parameters than there are direction numbers.</exception>
    internal static void RequireSpace(SearchSpace space)
    {
        if (space.Dimension > SobolSequence.MaxDimension)
        {
            throw new UnsupportedSpaceException("sobol", $"needs at most {SobolSequence.MaxDimension} parameters that are not fixed, the space has {space.Dimension}");
        }
    }
}
