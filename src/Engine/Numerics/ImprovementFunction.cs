namespace HpoServerless.Engine.Numerics;

/// <summary>Logarithms of normal tails that stay accurate where the tails themselves underflow.</summary>
/// <remarks>
/// Source: S. Ament, S. Daulton, D. Eriksson, M. Balandat, E. Bakshy, "Unexpected improvements to expected improvement for Bayesian
/// optimization", NeurIPS 2023, eq. 9. Departure: below z = -30 the tail series h(z) = φ(z) z⁻² (1 - 3 z⁻² + 15 z⁻⁴ - …) replaces the
/// scaled error function, whose difference from its own limit cancels there.
/// </remarks>
internal static class ImprovementFunction
{
    private const double HalfLog2Pi = 0.918938533204672741780330;
    private const double SqrtHalfPi = 1.253314137315500251207883;
    private const double InverseSqrt2 = 0.707106781186547524400844;

    /// <summary>Where the tail series takes over: its seventh term is below 1e-13 of the first there.</summary>
    private const double SeriesBelow = -30;

    /// <summary>log Φ(z), finite wherever z² is.</summary>
    public static double LogCdf(double z) => z switch
    {
        > 0 => Log1P(-Normal.Cdf(-z)),
        > -1 => Math.Log(Normal.Cdf(z)),
        _ => (-0.5 * z * z) + Math.Log(0.5 * Normal.Erfcx(-z * InverseSqrt2)),
    };

    /// <summary>log h(z) with h(z) = φ(z) + z Φ(z), the expected improvement of a standard normal over -z.</summary>
    /// <param name="z">Any finite number.</param>
    /// <param name="slope">Its derivative Φ(z) / h(z).</param>
    public static double LogH(double z, out double slope)
    {
        if (z > -1)
        {
            double h = Normal.Pdf(z) + (z * Normal.Cdf(z));
            slope = Normal.Cdf(z) / h;
            return Math.Log(h);
        }

        // h(z) = φ(z) (1 - |z| m) with Mills' ratio m = Φ(z) / φ(z) = sqrt(π/2) erfcx(|z| / sqrt 2).
        double mills = SqrtHalfPi * Normal.Erfcx(-z * InverseSqrt2);
        double rest = z > SeriesBelow ? 1 + (z * mills) : TailSeries(1 / (z * z));
        slope = mills / rest;
        return (-0.5 * z * z) - HalfLog2Pi + Math.Log(rest);
    }

    /// <summary>log(1 + x) for small x as well.</summary>
    public static double Log1P(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }

    private static double TailSeries(double u) => u * (1 - (3 * u * (1 - (5 * u * (1 - (7 * u * (1 - (9 * u * (1 - (11 * u))))))))));
}
