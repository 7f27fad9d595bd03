namespace HpoServerless.Engine.Scheduling.CurvePromotion;

/// <summary>Makes values of any size and unit comparable: 0 is the middle of what trials report first, 1 the spread of it. Far outliers are drawn in.</summary>
/// <param name="Centre">Value that becomes 0.</param>
/// <param name="Spread">Difference that becomes 1; above 0.</param>
internal readonly record struct ValueScale(double Centre, double Spread)
{
    private const double Bad = 3;
    private const double Good = -30;
    private const double Most = 1e300;

    /// <summary>The scale of some values.</summary>
    /// <param name="values">Finite; sorted here. At least one.</param>
    public static ValueScale Of(double[] values)
    {
        Array.Sort(values);
        double spread = values.Length < 4 ? 0 : (Quantile(values, 0.75) - Quantile(values, 0.25)) / 1.35;
        spread = spread > 0 ? spread : (values[^1] / 2) - (values[0] / 2);
        spread = spread > 0 ? spread : Math.Abs(values[0]) / 10;
        return new(Quantile(values, 0.5), spread > 0 && double.IsFinite(spread) ? spread : 1);
    }

    /// <summary>A value on the scale: straight in the middle, logarithmic far outside, most of all where it is bad.</summary>
    public double ToScale(double value)
    {
        double scaled = Math.Clamp((value - Centre) / Spread, -Most, Most);
        return scaled > Bad ? Bad + Math.Log(1 + (scaled - Bad))
            : scaled < Good ? Good - Math.Log(1 + (Good - scaled))
            : scaled;
    }

    /// <summary>The value at a place on the scale.</summary>
    public double FromScale(double scaled) =>
        Centre + (Spread * (scaled > Bad ? Bad + Math.Exp(Math.Min(scaled - Bad, 600)) - 1 : scaled < Good ? Good + 1 - Math.Exp(Math.Min(Good - scaled, 600)) : scaled));

    private static double Quantile(double[] sorted, double share)
    {
        double position = share * (sorted.Length - 1);
        int below = (int)position;
        double fraction = position - below;
        return fraction == 0 ? sorted[below] : (sorted[below] * (1 - fraction)) + (sorted[below + 1] * fraction);
    }
}
