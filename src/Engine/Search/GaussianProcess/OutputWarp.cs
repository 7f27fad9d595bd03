using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Bends objective values before a Gaussian process sees them: w(y) = δ log(1 + z / δ) with z = (y - best) / scale.</summary>
/// <remarks>
/// <para>
/// The slope at the best value is that of z for every δ; values much worse than δ are compressed to their logarithm. A large δ is the
/// identity. δ is a hyperparameter: the Jacobian Σ log w'(y) makes likelihoods of different δ comparable (E. Snelson, C. E. Rasmussen,
/// Z. Ghahramani, "Warped Gaussian processes", NeurIPS 2003, eq. 6, with this one-parameter family in place of the paper's sums of tanh).
/// </para>
/// </remarks>
internal sealed class OutputWarp
{
    private const double Furthest = 1e12;

    private readonly double _best;
    private readonly double _scale;
    private readonly double _shrink;

    /// <summary>z of each value; shape [n].</summary>
    private readonly double[] _z;

    /// <param name="values">Finite; shape [n], n at least 1.</param>
    public OutputWarp(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        _shrink = Math.Max(1, Math.Max(Math.Abs(sorted[0]), Math.Abs(sorted[^1])) * 1e-300); // differences of the largest doubles overflow
        _best = sorted[0] / _shrink;
        for (int i = sorted.Length / 2; i < sorted.Length && !(_scale > 0); i++)
        {
            _scale = (sorted[i] / _shrink) - _best;
        }

        _scale = _scale > 0 ? _scale : 1;
        _z = [.. values.ToArray().Select(Scaled)];
    }

    /// <summary>Distance of a value from the best, in units of the distance of the median from it.</summary>
    public double Scaled(double value) => Math.Clamp(((value / _shrink) - _best) / _scale, -Furthest, Furthest);

    /// <summary>w of a scaled value; below the best it goes on along its tangent.</summary>
    public static double Bend(double z, double logWarp) =>
        z < 0 ? z : Math.Exp(logWarp) * ImprovementFunction.Log1P(z / Math.Exp(logWarp));

    /// <summary>Warped and centred values.</summary>
    /// <param name="logWarp">log δ.</param>
    /// <param name="warped">Receives the values; shape [n].</param>
    /// <param name="slopes">Receives their derivatives by log δ; shape [n].</param>
    /// <param name="logJacobianSlope">Derivative of the result by log δ.</param>
    /// <returns>Sum of the logarithms of dw/dz.</returns>
    public double Apply(double logWarp, Span<double> warped, Span<double> slopes, out double logJacobianSlope)
    {
        double delta = Math.Exp(logWarp);
        double logJacobian = 0;
        logJacobianSlope = 0;
        double sum = 0;
        double slopeSum = 0;
        for (int i = 0; i < _z.Length; i++)
        {
            double ratio = _z[i] / delta;
            double log = ImprovementFunction.Log1P(ratio);
            logJacobian -= log;
            logJacobianSlope += ratio / (1 + ratio);
            sum += warped[i] = delta * log;
            slopeSum += slopes[i] = delta * (log - (ratio / (1 + ratio)));
        }

        for (int i = 0; i < _z.Length; i++)
        {
            warped[i] -= sum / _z.Length;
            slopes[i] -= slopeSum / _z.Length;
        }

        return logJacobian;
    }
}
