using System.Globalization;

namespace HpoServerless.Engine.Space;

/// <summary>The multiples k·q of a step, computed in decimal so that 3 times 0.1 is 0.3.</summary>
/// <remarks>
/// With q = mantissa / 10^scale the multiple is the correctly rounded quotient of the exact integers k·mantissa and 10^scale; steps whose
/// decimal digits are too many for that fall back to the product of doubles.
/// </remarks>
internal sealed record Multiples
{
    private const double ExactLimit = 1L << 53;

    private readonly double _q;
    private readonly long _mantissa;
    private readonly double _divisor;

    /// <summary>The multiples of <paramref name="q"/> inside [<paramref name="low"/>, <paramref name="high"/>], which may be infinite.</summary>
    public Multiples(double q, double low = double.NegativeInfinity, double high = double.PositiveInfinity)
    {
        _q = q;
        (_mantissa, _divisor) = Decompose(q);
        First = -(long)ExactLimit;
        Last = (long)ExactLimit;
        IsTooFine = IsOutOfReach(low) || IsOutOfReach(high);
        if (!IsTooFine)
        {
            First = double.IsFinite(low) ? FirstNotBelow(low) : First;
            Last = double.IsFinite(high) ? -FirstNotBelow(-high) : Last; // k·q is odd in k
        }
    }

    /// <summary>Smallest k.</summary>
    public long First { get; }

    /// <summary>Largest k.</summary>
    public long Last { get; }

    public bool IsEmpty => First > Last;

    /// <summary>Whether the multiples near a bound lie closer together than doubles do.</summary>
    public bool IsTooFine { get; }

    public double ValueOf(long k)
    {
        bool isExact = _mantissa != 0 && Math.Abs((double)k * _mantissa) <= ExactLimit;
        return isExact ? k * _mantissa / _divisor : k * _q;
    }

    /// <summary>The multiple nearest to <paramref name="value"/>, halves to even, among those inside.</summary>
    public double Round(double value)
    {
        double k = Math.Round(value / _q, MidpointRounding.ToEven);
        return Math.Abs(k) >= ExactLimit ? value : ValueOf(Math.Clamp((long)k, First, Last));
    }

    /// <summary>The k of a multiple inside, forgiving the noise of multiplied doubles. Where doubles lie further apart than q, each is a multiple.</summary>
    public bool TryFind(double value, out long k)
    {
        double nearest = Math.Round(value / _q, MidpointRounding.ToEven);
        bool isExact = Math.Abs(nearest) < ExactLimit;
        k = isExact ? (long)nearest : Math.Sign(nearest) * (long)ExactLimit;
        if (k < First || k > Last)
        {
            return false;
        }

        double distance = isExact ? Math.Abs(ValueOf(k) - value) : 0;
        return distance <= 1e-9 * _q || distance <= 4 * (Math.BitIncrement(Math.Abs(value)) - Math.Abs(value));
    }

    /// <summary>The multiples as a list, or null where there are too many.</summary>
    public IReadOnlyList<ParameterValue>? ToGrid() =>
        IndexedValues.TryCreate((UInt128)(Last - First) + 1, index => ParameterValue.Of(ValueOf(First + index)));

    /// <summary>The numbers inside [low, high] that <see cref="Round"/> turns into this multiple, up to the ends.</summary>
    public (double From, double To) CellOf(double value, double low, double high)
    {
        _ = TryFind(value, out long k);
        double from = k == First ? low : Math.Max(low, ValueOf(k) - (_q / 2));
        double to = k == Last ? high : Math.Min(high, ValueOf(k) + (_q / 2));
        return (from, to);
    }

    private bool IsOutOfReach(double bound) => double.IsFinite(bound) && Math.Abs(bound) / _q > ExactLimit;

    private long FirstNotBelow(double bound)
    {
        long k = (long)Math.Ceiling(bound / _q);
        while (ValueOf(k - 1) >= bound)
        {
            k--;
        }

        while (ValueOf(k) < bound)
        {
            k++;
        }

        return k;
    }

    /// <summary>Mantissa and power of ten of a step, or a zero mantissa where they are not exact in doubles.</summary>
    private static (long Mantissa, double Divisor) Decompose(double q)
    {
        string shortest = q.ToString("R", CultureInfo.InvariantCulture);
        if (!decimal.TryParse(shortest, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal exact))
        {
            return (0, 1);
        }

        Span<int> bits = stackalloc int[4];
        decimal.GetBits(exact, bits);
        int scale = (bits[3] >> 16) & 0xFF;
        Int128 mantissa = ((Int128)(uint)bits[2] << 64) | ((Int128)(uint)bits[1] << 32) | (uint)bits[0];
        bool sound = scale <= 22 && mantissa <= (Int128)ExactLimit && (double)mantissa / PowerOfTen(scale) == q;
        return sound ? ((long)mantissa, PowerOfTen(scale)) : (0, 1);
    }

    /// <summary>Exact up to 10^22.</summary>
    private static double PowerOfTen(int exponent)
    {
        double power = 1;
        for (int i = 0; i < exponent; i++)
        {
            power *= 10;
        }

        return power;
    }
}
