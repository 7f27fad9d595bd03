using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.Modelling;

/// <summary>Points to begin with, spread evenly over the unit cube: a scrambled Sobol sequence, random points beyond its dimensions.</summary>
/// <param name="purpose">Name of the random stream, by convention the searcher's name.</param>
internal sealed class InitialDesign(string purpose)
{
    private (ulong Seed, int Dimension, SobolSequence Sequence)? _memo;

    /// <summary>Point of a trial.</summary>
    /// <param name="seed">Seed of the experiment.</param>
    /// <param name="trial">Number of the trial, from 1.</param>
    /// <param name="dimension">Coordinates, d.</param>
    /// <returns>Shape [d], each in [0, 1).</returns>
    public double[] Point(ulong seed, int trial, int dimension)
    {
        double[] unit = new double[dimension];
        if (dimension > SobolSequence.MaxDimension)
        {
            SeededRandom random = SeededRandom.For(seed, purpose + "-initial", trial);
            foreach (ref double coordinate in unit.AsSpan())
            {
                coordinate = random.NextUnit();
            }

            return unit;
        }

        if (_memo is not { } memo || memo.Seed != seed || memo.Dimension != dimension)
        {
            memo = (seed, dimension, SobolSequence.Scrambled(dimension, SeededRandom.For(seed, purpose + "-initial")));
            _memo = memo;
        }

        memo.Sequence.PointAt(trial - 1L, unit);
        return unit;
    }
}
