using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Scheduling.Curves;

/// <summary>Extrapolates one curve to its last step by all shapes of <see cref="CurveFamilies"/>, each by how well it explains the curve.</summary>
/// <remarks>
/// <para>
/// For each shape, end and fall have a normal and the noise an inverse gamma prior, so that everything is in closed form (C. M. Bishop, "Pattern recognition and
/// machine learning", 2006, section 3.5 and exercise 3.12): weights are marginal likelihoods, and the end follows Student's distribution. The distribution function of the mixture is
/// exact up to the grid of shapes and the normal approximation of Student's (D. L. Wallace, Ann. Math. Statist. 30 (1959) 1121-1130, eq. 3).
/// Departure from Domhan et al.: instead of sampling parameters by Markov chains, which needs a stream of random numbers and seconds, they lie on a grid.
/// </para>
/// <para>Cost: O(points · shapes), with at most <see cref="MostPoints"/> points of a curve.</para>
/// </remarks>
internal sealed class CurveEnsemble
{
    /// <summary>Points of a longer curve are thinned out to so many.</summary>
    public const int MostPoints = 100;

    /// <summary>Prior variance of end and fall, in units of the noise's.</summary>
    private const double PriorVariance = 1e4;
    private const double PriorShape = 1;
    private const double PriorScale = 1e-3;

    private readonly ImmutableArray<(double Weight, double Mean, double Deviation, double Degrees)> _parts;

    private CurveEnsemble(ImmutableArray<(double, double, double, double)> parts) => _parts = parts;

    /// <summary>Expectation of the value at the last step.</summary>
    public double Mean => _parts.Sum(part => part.Weight * part.Mean);

    /// <summary>Fits all shapes.</summary>
    /// <param name="points">Steps from 1, and finite values; at least two.</param>
    /// <param name="shapes">See <see cref="CurveFamilies.Until"/>.</param>
    public static CurveEnsemble Fit(IReadOnlyList<(long Step, double Value)> points, ShapeTable shapes)
    {
        (long Step, double Value)[] used = points.Count <= MostPoints ? [.. points]
            : [.. Enumerable.Range(0, MostPoints).Select(i => points[(int)((long)i * (points.Count - 1) / (MostPoints - 1))])];
        double centre = used.Sum(point => point.Value / used.Length);
        double scale = Math.Max(used.Max(point => Math.Abs(point.Value - centre)), Math.Max(1e-12, Math.Abs(centre) * 1e-9));
        double[] values = [.. used.Select(point => (point.Value - centre) / scale)];
        double[][] rows = [.. used.Select(point => shapes.At(point.Step))];
        Part[] fits = [.. shapes.Shapes.Select((shape, number) => FitOne(rows, number, values, shape.LogPrior))];
        double most = fits.Max(fit => fit.LogWeight);
        double total = fits.Sum(fit => Math.Exp(fit.LogWeight - most));
        return new([.. fits.Select(fit => (Math.Exp(fit.LogWeight - most) / total, centre + (scale * fit.End), scale * fit.Deviation, fit.Degrees))]);
    }

    /// <summary>Probability that the value at the last step is below a limit.</summary>
    public double Below(double limit) => _parts.Sum(part => part.Weight * StudentCdf((limit - part.Mean) / part.Deviation, part.Degrees));

    private static Part FitOne(double[][] rows, int shape, double[] values, double logPrior)
    {
        // Normal equations of end and fall, with the prior on the diagonal.
        double s11 = rows.Length + (1 / PriorVariance), s12 = 0, s22 = 1 / PriorVariance, h1 = 0, h2 = 0, square = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            double x = rows[i][shape];
            s12 += x;
            s22 += x * x;
            h1 += values[i];
            h2 += x * values[i];
            square += values[i] * values[i];
        }

        double determinant = Math.Max((s11 * s22) - (s12 * s12), 1e-12 * s11 * s22);
        double end = ((s22 * h1) - (s12 * h2)) / determinant;
        double fall = ((s11 * h2) - (s12 * h1)) / determinant;
        double a = PriorShape + (rows.Length / 2.0);
        double b = PriorScale + (0.5 * Math.Max(0, square - (end * h1) - (fall * h2)));
        return new(logPrior - (0.5 * Math.Log(determinant)) - (a * Math.Log(b)), end, Math.Sqrt(b / a * (1 + (s22 / determinant))), 2 * a);
    }

    private static double StudentCdf(double t, double degrees)
    {
        double z = ((8 * degrees) + 1) / ((8 * degrees) + 3) * Math.Sqrt(degrees * Math.Log(1 + (t * t / degrees)));
        return Normal.Cdf(Math.CopySign(z, t));
    }

    private readonly record struct Part(double LogWeight, double End, double Deviation, double Degrees);
}
