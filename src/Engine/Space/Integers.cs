namespace HpoServerless.Engine.Space;

/// <summary>Exact passage between doubles and 64-bit integers.</summary>
internal static class Integers
{
    /// <summary>The integer <paramref name="value"/> is, if it is one and fits.</summary>
    public static bool TryConvert(double value, out long integer)
    {
        // 2^63 is a double, long.MaxValue is not.
        bool fits = value is >= -9223372036854775808.0 and < 9223372036854775808.0 && Math.Floor(value) == value;
        integer = fits ? (long)value : 0;
        return fits;
    }
}
