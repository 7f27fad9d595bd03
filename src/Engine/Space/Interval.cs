namespace HpoServerless.Engine.Space;

/// <summary>Passage between the unit interval and a bounded one, whatever their magnitudes.</summary>
internal static class Interval
{
    /// <summary>The point at a fraction of the way; exactly <paramref name="low"/> at 0, never above <paramref name="high"/>.</summary>
    public static double At(double low, double high, double unit)
    {
        double width = high - low;
        double value = double.IsFinite(width) ? low + (unit * width) : (low * (1 - unit)) + (high * unit);
        return Math.Clamp(value, low, high);
    }

    /// <summary>The fraction of the way at which a point lies.</summary>
    public static double UnitOf(double low, double high, double value)
    {
        double width = high - low;
        return double.IsFinite(width) ? (value - low) / width : ((value / 2) - (low / 2)) / ((high / 2) - (low / 2));
    }

    /// <summary>The point at a fraction of the way on a logarithmic scale; exactly <paramref name="low"/> at 0, never above <paramref name="high"/>.</summary>
    /// <remarks>The base of the logarithm cancels out.</remarks>
    public static double AtLog(double low, double high, double unit) => unit == 0
        ? low
        : Math.Clamp(Math.Exp(At(Math.Log(low), Math.Log(high), unit)), low, high);

    /// <summary>The fraction of the way on a logarithmic scale at which a point lies.</summary>
    public static double UnitOfLog(double low, double high, double value) => UnitOf(Math.Log(low), Math.Log(high), Math.Log(value));
}
