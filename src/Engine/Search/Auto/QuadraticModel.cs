using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.Auto;

/// <summary>The parabola with the smallest second derivatives that passes near some values around an origin.</summary>
/// <remarks>
/// <para>
/// With fewer points than coefficients it is still unique, and with more it is a fit; points further away may miss it by more, as the third
/// derivatives of what is modelled make them.
/// </para>
/// <para>Cost: O(n³ + n² k) for n points of k coordinates.</para>
/// <para>
/// Source: M. J. D. Powell, "Least Frobenius norm updating of quadratic models that satisfy interpolation conditions", Math. Program. 100
/// (2004), section 1. Departure: solved as a regression with the kernel c (1 + aᵀb) + (aᵀb)² / 2, c large, whose feature space is that of
/// parabolas with nearly free constants and gradients.
/// </para>
/// </remarks>
internal sealed class QuadraticModel
{
    private const double Free = 1000;
    private const double LeastNoise = 1e-10;
    private const double Cubic = 1e-4;

    private readonly double[] _gradient;
    private readonly double[] _curvature;

    private QuadraticModel(double[] gradient, double[] curvature) => (_gradient, _curvature) = (gradient, curvature);

    /// <summary>Fits a model.</summary>
    /// <param name="points">Shape [n][k], the largest distance from the origin being around 1.</param>
    /// <param name="values">Shape [n].</param>
    /// <returns>Null if numbers do not allow it.</returns>
    public static QuadraticModel? Fit(double[][] points, double[] values)
    {
        int n = points.Length;
        Cholesky factor = new(n);
        double[] row = new double[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double product = Dense.Dot(points[i], points[j]);
                row[j] = (Free * (1 + product)) + (0.5 * product * product);
            }

            double square = Dense.Dot(points[i], points[i]);
            row[i] += LeastNoise + (Cubic * square * square * square);
            if (!factor.TryAppend(row.AsSpan(0, i + 1)))
            {
                return null;
            }
        }

        double[] weights = [.. values];
        factor.Solve(weights);
        int k = points[0].Length;
        double[] gradient = new double[k];
        double[] curvature = new double[k * k];
        for (int i = 0; i < n; i++)
        {
            Dense.AddScaled(Free * weights[i], points[i], gradient);
            for (int j = 0; j < k; j++)
            {
                Dense.AddScaled(weights[i] * points[i][j], points[i], curvature.AsSpan(j * k, k));
            }
        }

        return Array.TrueForAll(gradient, double.IsFinite) ? new(gradient, curvature) : null;
    }

    /// <summary>Moves a point to where the model is lowest in a box, as far as descent finds it.</summary>
    /// <param name="point">Start; receives the end. Shape [k].</param>
    /// <param name="lower">Lower corner; shape [k].</param>
    /// <param name="upper">Upper corner; shape [k].</param>
    /// <returns>The model's value there, compared with that at the origin.</returns>
    public double Minimize(Span<double> point, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper) =>
        Lbfgs.Minimize(At, point, lower, upper, new(200, 1e-14, 1e-18));

    private double At(ReadOnlySpan<double> x, Span<double> slope)
    {
        int k = x.Length;
        double value = 0;
        for (int j = 0; j < k; j++)
        {
            double curved = Dense.Dot(_curvature.AsSpan(j * k, k), x);
            value += x[j] * (_gradient[j] + (0.5 * curved));
            slope[j] = _gradient[j] + curved;
        }

        return value;
    }
}
