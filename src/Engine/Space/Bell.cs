using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Space;

/// <summary>Passage between the unit interval and normal or log-normal numbers; always finite.</summary>
internal static class Bell
{
    private const double SmallestUnit = 1.0 / (1L << 54);

    /// <summary>Quantile of N(mu, sigma). Units next to 0 and 1 stand for 2⁻⁵⁴ and 1 - 2⁻⁵³: at most 8.3 sigma away.</summary>
    public static double At(double mu, double sigma, double unit)
    {
        double z = Normal.Quantile(Math.Clamp(unit, SmallestUnit, Parameter.LargestUnit));
        return Math.Clamp(mu + (sigma * z), double.MinValue, double.MaxValue);
    }

    /// <summary>Quantile of base^N(mu, sigma), positive also where it would underflow.</summary>
    public static double AtLog(double mu, double sigma, double? logBase, double unit) =>
        Math.Clamp(Math.Exp(At(mu, sigma, unit) * LogOf(logBase)), double.Epsilon, double.MaxValue);

    /// <summary>Probability of a normal draw below <paramref name="value"/>.</summary>
    public static double UnitOf(double mu, double sigma, double value) => Normal.Cdf((value - mu) / sigma);

    /// <summary>Probability of a log-normal draw below <paramref name="value"/>; 0 for what is not positive.</summary>
    public static double UnitOfLog(double mu, double sigma, double? logBase, double value) =>
        value > 0 ? UnitOf(mu, sigma, Math.Log(value) / LogOf(logBase)) : 0;

    private static double LogOf(double? logBase) => logBase is double given ? Math.Log(given) : 1;
}
