using System.Numerics;

namespace HpoServerless.Engine.Numerics;

/// <summary>The Sobol low-discrepancy sequence, plain or scrambled; any point of it can be computed alone.</summary>
/// <remarks>
/// <para>
/// Sources: I. M. Sobol, USSR Comput. Math. Math. Phys. 7 (1967) 86-112; I. A. Antonov and V. M. Saleev, ibid. 19 (1980) 252-256, for the
/// Gray-code order; direction numbers in <c>SobolTable</c>; random linear scrambling with a digital shift from J. Matoušek, "On the
/// L2-discrepancy for anchored boxes", J. Complexity 14 (1998) 527-556, section 2.
/// </para>
/// <para>
/// The sequence starts with the point 0: leaving it out costs the balance of the first 2^m points (A. B. Owen, "On dropping the first Sobol'
/// point", 2021), and scrambling moves it away from the corner.
/// </para>
/// <para>Cost: O(d) time to scramble, O(d) a point; coordinates have 53 bits.</para>
/// </remarks>
public sealed class SobolSequence
{
    /// <summary>Largest number of dimensions there are direction numbers for.</summary>
    public const int MaxDimension = SobolTable.Dimensions;

    /// <summary>Points there are: 2³².</summary>
    public const long Length = 1L << IndexBits;

    private const int IndexBits = 32;
    private const int Digits = 53;
    private const ulong DigitMask = (1UL << Digits) - 1;

    private static readonly ulong[] Directions = ComputeDirections();

    /// <summary>Rows of one lower triangular bit matrix a dimension, [dimension · Digits]; null for the plain sequence.</summary>
    private readonly ulong[]? _matrices;
    private readonly ulong[] _shifts;

    private SobolSequence(ulong[]? matrices, ulong[] shifts) => (_matrices, _shifts) = (matrices, shifts);

    /// <summary>Coordinates of a point.</summary>
    public int Dimension => _shifts.Length;

    /// <summary>The plain sequence, whose point 0 is the origin.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimension"/> is negative or above <see cref="MaxDimension"/>.</exception>
    public static SobolSequence Plain(int dimension) => new(null, new ulong[RequireDimension(dimension)]);

    /// <summary>The sequence scrambled by random digits: each point is uniform in the unit cube, and the points keep their balance.</summary>
    /// <param name="dimension">Coordinates of a point.</param>
    /// <param name="random">Decides the digits; drawn from in the constructor only.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimension"/> is negative or above <see cref="MaxDimension"/>.</exception>
    public static SobolSequence Scrambled(int dimension, SeededRandom random)
    {
        ulong[] matrices = new ulong[RequireDimension(dimension) * Digits];
        ulong[] shifts = new ulong[dimension];
        for (int axis = 0; axis < dimension; axis++)
        {
            for (int row = 0; row < Digits; row++)
            {
                // Row r makes digit r (from the most significant one) of the digits up to r: ones on the diagonal, random before it.
                int diagonal = Digits - 1 - row;
                matrices[(axis * Digits) + row] = ((random.NextUInt64() & DigitMask) >> diagonal << diagonal) | (1UL << diagonal);
            }

            shifts[axis] = random.NextUInt64() & DigitMask;
        }

        return new(matrices, shifts);
    }

    /// <summary>Computes one point.</summary>
    /// <param name="index">0-based position in the sequence, below <see cref="Length"/>.</param>
    /// <param name="point">Receives the coordinates, each in [0, 1); shape [<see cref="Dimension"/>].</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is negative or not below <see cref="Length"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="point"/> has another length.</exception>
    public void PointAt(long index, Span<double> point)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Length);
        if (point.Length != Dimension)
        {
            throw new ArgumentException($"a point has {Dimension} coordinates, was {point.Length}", nameof(point));
        }

        uint gray = (uint)(index ^ (index >> 1));
        for (int axis = 0; axis < point.Length; axis++)
        {
            ulong digits = 0;
            for (uint rest = gray; rest != 0; rest &= rest - 1)
            {
                digits ^= Directions[(axis * IndexBits) + BitOperations.TrailingZeroCount(rest)];
            }

            point[axis] = (Scramble(axis, digits) ^ _shifts[axis]) * (1.0 / (1UL << Digits));
        }
    }

    private static int RequireDimension(int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, MaxDimension);
        return dimension;
    }

    private ulong Scramble(int axis, ulong digits)
    {
        if (_matrices is null)
        {
            return digits;
        }

        ulong scrambled = 0;
        foreach (ulong row in _matrices.AsSpan(axis * Digits, Digits))
        {
            scrambled = (scrambled << 1) | (ulong.PopCount(row & digits) & 1);
        }

        return scrambled;
    }

    /// <summary>All direction numbers as 53-bit fractions, [dimension · IndexBits].</summary>
    private static ulong[] ComputeDirections()
    {
        ulong[] directions = new ulong[MaxDimension * IndexBits];
        for (int k = 0; k < IndexBits; k++)
        {
            directions[k] = 1UL << (Digits - 1 - k);
        }

        ReadOnlySpan<ushort> rows = SobolTable.Rows;
        for (int axis = 1; axis < MaxDimension; axis++)
        {
            int degree = rows[0];
            Extend(directions.AsSpan(axis * IndexBits, IndexBits), rows[1], rows.Slice(2, degree));
            rows = rows[(2 + degree)..];
        }

        return directions;
    }

    /// <summary>Continues initial numbers by the recurrence of their polynomial x^s + a_1 x^(s-1) + … + a_(s-1) x + 1.</summary>
    private static void Extend(Span<ulong> directions, int inner, ReadOnlySpan<ushort> initial)
    {
        int degree = initial.Length;
        for (int k = 0; k < directions.Length; k++)
        {
            if (k < degree)
            {
                directions[k] = (ulong)initial[k] << (Digits - 1 - k);
                continue;
            }

            ulong next = directions[k - degree] ^ (directions[k - degree] >> degree);
            for (int i = 1; i < degree; i++)
            {
                next ^= ((inner >> (degree - 1 - i)) & 1) == 1 ? directions[k - i] : 0;
            }

            directions[k] = next;
        }
    }
}
