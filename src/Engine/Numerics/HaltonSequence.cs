using System.Collections.Immutable;

namespace HpoServerless.Engine.Numerics;

/// <summary>A Halton sequence: coordinate i of point n is n written in base p_i, the i-th prime, and mirrored at the point.</summary>
/// <remarks>
/// Every digit is replaced by a random permutation of its base, another one for each coordinate and place: that breaks the correlation between
/// large bases, and makes each point uniform. Sources: J. H. Halton, Numer. Math. 2 (1960) 84-90, eq. 1; A. B. Owen, "A randomized Halton
/// algorithm in R", arXiv:1706.02808 (2017). Immutable.
/// </remarks>
internal sealed class HaltonSequence
{
    /// <summary>Places are written down to this size; nothing smaller can be told apart by the number of trials that anyone runs.</summary>
    private const double Finest = 1.0 / (1L << 40);

    private readonly ImmutableArray<int> _bases;
    private readonly int[][][] _permutations;

    private HaltonSequence(ImmutableArray<int> bases, int[][][] permutations) => (_bases, _permutations) = (bases, permutations);

    /// <summary>Number of coordinates.</summary>
    public int Dimension => _bases.Length;

    /// <summary>The sequence of a seed.</summary>
    /// <remarks>O(sum of the bases) time and memory.</remarks>
    public static HaltonSequence Scrambled(int dimension, ulong seed)
    {
        ImmutableArray<int> bases = Primes(dimension);
        int[][][] permutations = [.. bases.Select((radix, axis) => Permutations(radix, SeededRandom.For(seed, "halton", axis)))];
        return new(bases, permutations);
    }

    /// <summary>A point of the sequence.</summary>
    /// <param name="index">From 0.</param>
    /// <returns>Shape [d], each in [0, 1).</returns>
    public double[] PointAt(long index)
    {
        double[] point = new double[Dimension];
        for (int axis = 0; axis < point.Length; axis++)
        {
            int radix = _bases[axis];
            long rest = index;
            double weight = 1;
            foreach (int[] permutation in _permutations[axis])
            {
                weight /= radix;
                point[axis] += weight * permutation[rest % radix];
                rest /= radix;
            }

            point[axis] = Math.Min(point[axis], 1 - Finest);
        }

        return point;
    }

    /// <summary>The first primes.</summary>
    internal static ImmutableArray<int> Primes(int count)
    {
        ImmutableArray<int>.Builder primes = ImmutableArray.CreateBuilder<int>(count);
        for (int candidate = 2; primes.Count < count; candidate++)
        {
            if (primes.TakeWhile(prime => prime * prime <= candidate).All(prime => candidate % prime != 0))
            {
                primes.Add(candidate);
            }
        }

        return primes.MoveToImmutable();
    }

    private static int[][] Permutations(int radix, SeededRandom random)
    {
        int places = (int)Math.Ceiling(Math.Log(1 / Finest) / Math.Log(radix));
        int[][] permutations = new int[places][];
        for (int place = 0; place < places; place++)
        {
            permutations[place] = [.. Enumerable.Range(0, radix)];
            random.Shuffle<int>(permutations[place]);
        }

        return permutations;
    }
}
