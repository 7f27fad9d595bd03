namespace HpoServerless.Engine.Search.Trees;

/// <summary>Brings objective values into a form that models learn well.</summary>
internal static class LossTransform
{
    /// <summary>Transforms values in place; the order among them is kept.</summary>
    /// <param name="kind">How.</param>
    /// <param name="values">Finite; at least one.</param>
    /// <remarks>
    /// Before anything else, values are cut at ±1e100, so that squares stay finite. <see cref="LossScale.Scaled"/> and <see cref="LossScale.Log"/>
    /// measure from below the smallest value, by as much as that lies below the 5th percentile: the better half of the best stays apart.
    /// </remarks>
    public static void Apply(LossScale kind, Span<double> values)
    {
        foreach (ref double value in values)
        {
            value = Math.Clamp(value, -1e100, 1e100);
        }

        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        (double low, double high) = (sorted[0], sorted[^1]);
        if (low == high)
        {
            values.Clear();
            return;
        }

        double rank = 0.05 * (sorted.Length - 1);
        int below = (int)rank;
        double percentile = sorted[below] + ((rank - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
        double floor = (2 * low) - percentile - (1e-10 * Math.Max(1, Math.Abs(low)));
        double mean = 0;
        foreach (double value in sorted)
        {
            mean += value / sorted.Length;
        }

        foreach (ref double value in values)
        {
            value = kind switch
            {
                LossScale.Scaled => (value - floor) / (high - floor),
                LossScale.Log => Math.Log((value - floor) / (high - floor)),
                _ => (value - mean) / (high - low),
            };
        }
    }
}

/// <summary>Forms of the objective.</summary>
internal enum LossScale
{
    /// <summary>As it is, with mean 0 and range 1: the same for trees.</summary>
    None,

    /// <summary>Between 0 and 1.</summary>
    Scaled,

    /// <summary>The logarithm of that, so that the differences among the good ones count.</summary>
    Log,
}
