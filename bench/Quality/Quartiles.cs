namespace HpoServerless.Bench.Quality;

/// <summary>Median and quartiles of the regrets of many seeds.</summary>
internal sealed record Quartiles(double Median, double Q25, double Q75)
{
    /// <summary>Linear between the two nearest values, as the peers' were computed.</summary>
    /// <param name="values">At least one.</param>
    public static Quartiles Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        double At(double quantile)
        {
            double place = quantile * (sorted.Length - 1);
            int below = (int)place;
            double part = place - below;
            return part == 0 ? sorted[below] : sorted[below] + (part * (sorted[below + 1] - sorted[below]));
        }

        return new(At(.5), At(.25), At(.75));
    }

    /// <summary>Three digits, two below 0.001: the precision of the peers' figures.</summary>
    public static string Format(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 1e-3 => value.ToString("0.0e+00"),
        >= 999.5 => value.ToString("0.00e+00"),
        _ => value.ToString("G3"),
    };

    /// <summary>The median to the precision that is printed, so that nobody wins by a digit that the other column does not have.</summary>
    public double Printed => double.IsFinite(Median) ? double.Parse(Format(Median)) : Median;

    public override string ToString() => $"{Format(Median)} [{Format(Q25)}, {Format(Q75)}]";
}
