namespace HpoServerless.Engine.Numerics;

/// <summary>The standard normal distribution.</summary>
/// <remarks>
/// Sources: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969) 631-637, for the distribution
/// function; M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Appl. Statist. 37 (1988) 477-484
/// (PPND16), for its inverse. Both have relative errors around 1e-15 where the result is not next to zero by cancellation.
/// </remarks>
public static class Normal
{
    private const double InverseSqrt2Pi = 0.398942280401432677939946;

    /// <summary>Density at <paramref name="x"/>.</summary>
    public static double Pdf(double x) => InverseSqrt2Pi * Math.Exp(-0.5 * x * x);

    /// <summary>Natural logarithm of <see cref="Pdf"/>, finite wherever x² is.</summary>
    public static double LogPdf(double x) => (-0.5 * x * x) - 0.918938533204672741780330;

    /// <summary>Probability of a draw below <paramref name="x"/>; keeps its relative precision in the lower tail.</summary>
    public static double Cdf(double x)
    {
        double y = Math.Abs(x) * 0.707106781186547524400844;
        if (y <= 0.46875)
        {
            return 0.5 + (0.5 * Math.CopySign(CentralErf(y), x));
        }

        if (y > 27.3)
        {
            return x < 0 ? 0 : 1;
        }

        // exp(-x*x/2) in two factors, the first exact in its argument: x*x itself would lose the last bits of a large x.
        double rounded = Math.Truncate(x * 16) / 16;
        double tail = 0.5 * Math.Exp(-0.5 * rounded * rounded) * Math.Exp(-0.5 * (x - rounded) * (x + rounded)) * ScaledTail(y);
        return x < 0 ? tail : 1 - tail;
    }

    /// <summary>The x below which a draw falls with probability <paramref name="p"/>.</summary>
    /// <returns>Infinities at 0 and 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is not in [0, 1].</exception>
    public static double Quantile(double p)
    {
        if (!(p is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(p), p, "must be between 0 and 1");
        }

        double q = p - 0.5;
        if (Math.Abs(q) <= 0.425)
        {
            double centre = 0.180625 - (q * q);
            return q * Ratio(
                centre,
                [
                    3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
                    4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
                ],
                [
                    1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
                    3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
                ]);
        }

        double tail = q < 0 ? p : 1 - p;
        if (tail == 0)
        {
            return q < 0 ? double.NegativeInfinity : double.PositiveInfinity;
        }

        double r = Math.Sqrt(-Math.Log(tail));
        double distance = r <= 5
            ? Ratio(
                r - 1.6,
                [
                    1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
                    1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
                ],
                [
                    1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
                    1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
                ])
            : Ratio(
                r - 5,
                [
                    6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
                    2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
                ],
                [
                    1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
                    1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
                ]);
        return q < 0 ? -distance : distance;
    }

    /// <summary>exp(x²) erfc(x), which neither underflows nor loses precision for large <paramref name="x"/>; infinite below about -26.6.</summary>
    internal static double Erfcx(double x) => x switch
    {
        < -0.46875 => (2 * Math.Exp(x * x)) - ScaledTail(-x),
        <= 0.46875 => Math.Exp(x * x) * (1 - Math.CopySign(CentralErf(Math.Abs(x)), x)),
        _ => ScaledTail(x),
    };

    /// <summary>erf(y) for y in [0, 0.46875].</summary>
    private static double CentralErf(double y) => y * Ratio(
        y * y,
        [3.20937758913846947e3, 3.77485237685302021e2, 1.13864154151050156e2, 3.16112374387056560, 1.85777706184603153e-1],
        [2.84423683343917062e3, 1.28261652607737228e3, 2.44024637934444173e2, 2.36012909523441209e1, 1.0]);

    /// <summary>exp(y²) erfc(y) for y above 0.46875.</summary>
    private static double ScaledTail(double y) => y <= 4
        ? Ratio(
            y,
            [
                1.23033935479799725e3, 2.05107837782607147e3, 1.71204761263407058e3, 8.81952221241769090e2, 2.98635138197400131e2,
                6.61191906371416295e1, 8.88314979438837594, 5.64188496988670089e-1, 2.15311535474403846e-8,
            ],
            [
                1.23033935480374942e3, 3.43936767414372164e3, 4.36261909014324716e3, 3.29079923573345963e3, 1.62138957456669019e3,
                5.37181101862009858e2, 1.17693950891312499e2, 1.57449261107098347e1, 1.0,
            ])
        : FarTail(y);

    /// <summary>exp(y²) erfc(y) for y above 4.</summary>
    private static double FarTail(double y)
    {
        double z = 1 / (y * y);
        double correction = z * Ratio(
            z,
            [
                6.58749161529837803e-4, 1.60837851487422766e-2, 1.25781726111229246e-1, 3.60344899949804439e-1, 3.05326634961232344e-1,
                1.63153871373020978e-2,
            ],
            [
                2.33520497626869185e-3, 6.05183413124413191e-2, 5.27905102951428412e-1, 1.87295284992346725, 2.56852019228982242, 1.0,
            ]);
        return (0.564189583547756286948 - correction) / y;
    }

    /// <summary>Quotient of two polynomials of equal degree, coefficients from the constant one up.</summary>
    private static double Ratio(double x, ReadOnlySpan<double> numerator, ReadOnlySpan<double> denominator)
    {
        double above = numerator[^1];
        double below = denominator[^1];
        for (int i = numerator.Length - 2; i >= 0; i--)
        {
            above = (above * x) + numerator[i];
            below = (below * x) + denominator[i];
        }

        return above / below;
    }
}
