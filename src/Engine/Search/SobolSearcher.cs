using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>Low-discrepancy search: covers the space more evenly than random draws do, in every direction and in most pairs.</summary>
/// <remarks>
/// Trial n is point n - 1 of a Sobol sequence that the seed scrambles (see <see cref="SobolSequence"/>); results do not change it. Keeps no
/// state. Best used with a power of two trials. Cost: O(d) a call and O(d) a suggestion.
/// </remarks>
public sealed class SobolSearcher : ISearcher
{
    /// <inheritdoc/>
    public string Name => "sobol";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        RequireSpace(context.Space);
        SobolSequence sequence = SobolSequence.Scrambled(context.Space.Dimension, SeededRandom.For(context.Seed, Name));
        double[] point = new double[context.Space.Dimension];
        Configuration[] suggestions = new Configuration[count];
        for (int i = 0; i < count; i++)
        {
            sequence.PointAt(context.NextTrial - 1L + i, point);
            suggestions[i] = context.Space.Decode(point);
        }

        return new([.. suggestions], State: null);
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
