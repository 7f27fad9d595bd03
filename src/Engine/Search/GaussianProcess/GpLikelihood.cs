using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>The negative log posterior of hyperparameters, with its gradient.</summary>
/// <remarks>
/// <para>
/// With R = g(q) + m + λI and warped values w, the variance of the signal has its maximum at s = wᵀR⁻¹w / n and is put there, which leaves
/// n/2 log s + 1/2 log|R| - log Jacobian (Rasmussen and Williams 2006, eq. 5.8, with the variance profiled out). The gradient is
/// 1/2 tr((R⁻¹ - ααᵀ/s) ∂R) with α = R⁻¹w (eq. 5.9). The constant m is the variance of the unknown mean in units of s (section 2.7).
/// </para>
/// <para>Cost: n³ + O(d n²) a call; squared differences of all pairs are kept, d n² / 2 numbers. A mutable class: it belongs to one caller.</para>
/// </remarks>
internal sealed class GpLikelihood
{
    private readonly KernelShape _shape;
    private readonly GpPrior _prior;
    private readonly OutputWarp _warp;
    private readonly int _n;
    private readonly int _d;

    /// <summary>Squared differences of the pairs (i, k), k below i, row by row; one array an axis.</summary>
    private readonly double[][] _differences;
    private readonly double[] _correlations;
    private readonly double[] _slopes;
    private readonly double[] _matrix;
    private readonly double[] _inverse;
    private readonly double[] _work;
    private readonly double[] _warped;
    private readonly double[] _warpSlopes;
    private readonly double[] _alpha;
    private readonly Cholesky _factor;

    /// <param name="shape">Kernel.</param>
    /// <param name="prior">Prior of the hyperparameters.</param>
    /// <param name="points">Row-major, [n · d]; categories by number on nominal axes.</param>
    /// <param name="isNominal">Shape [d].</param>
    /// <param name="warp">The n values.</param>
    /// <param name="n">Number of points.</param>
    public GpLikelihood(KernelShape shape, GpPrior prior, ReadOnlySpan<double> points, ReadOnlySpan<bool> isNominal, OutputWarp warp, int n)
    {
        (_shape, _prior, _warp, _n, _d) = (shape, prior, warp, n, isNominal.Length);
        int pairs = n * (n - 1) / 2;
        _differences = new double[_d][];
        for (int axis = 0; axis < _d; axis++)
        {
            double[] differences = _differences[axis] = new double[pairs];
            int pair = 0;
            for (int i = 1; i < n; i++)
            {
                for (int k = 0; k < i; k++)
                {
                    double difference = points[(i * _d) + axis] - points[(k * _d) + axis];
                    differences[pair++] = isNominal[axis] ? (difference == 0 ? 0 : 1) : difference * difference;
                }
            }
        }

        _correlations = new double[pairs];
        _slopes = new double[pairs];
        _matrix = new double[n * n];
        _inverse = new double[n * n];
        _work = new double[n * n];
        _warped = new double[n];
        _warpSlopes = new double[n];
        _alpha = new double[n];
        _factor = new(n);
    }

    /// <summary>Negative log posterior, up to a constant.</summary>
    /// <param name="vector">Hyperparameters as in <see cref="GpParameters"/>; shape [d + 2].</param>
    /// <param name="gradient">Receives the gradient; shape [d + 2].</param>
    /// <returns>Positive infinity where R is not positive definite to working precision.</returns>
    public double Evaluate(ReadOnlySpan<double> vector, Span<double> gradient)
    {
        double noise = Math.Exp(vector[_d]);
        if (!TryFactor(vector, noise))
        {
            return double.PositiveInfinity;
        }

        double logJacobian = _warp.Apply(vector[_d + 1], _warped, _warpSlopes, out double jacobianSlope);
        _warped.CopyTo(_alpha, 0);
        _factor.Solve(_alpha);
        double signal = Math.Max(Dense.Dot(_warped, _alpha) / _n, 1e-30);
        _factor.Invert(_inverse, _work);

        gradient.Clear();
        int pair = 0;
        double noiseSlope = 0;
        for (int i = 0; i < _n; i++)
        {
            double scaled = _alpha[i] / signal;
            ReadOnlySpan<double> row = _inverse.AsSpan(i * _n, i + 1);
            for (int k = 0; k < i; k++)
            {
                _slopes[pair] *= row[k] - (scaled * _alpha[k]);
                pair++;
            }

            noiseSlope += row[i] - (scaled * _alpha[i]);
        }

        for (int axis = 0; axis < _d; axis++)
        {
            gradient[axis] = -2 * Math.Exp(-2 * vector[axis]) * Dense.Dot(_differences[axis], _slopes);
        }

        gradient[_d] = 0.5 * noise * noiseSlope;
        gradient[_d + 1] = (Dense.Dot(_alpha, _warpSlopes) / signal) - jacobianSlope;
        return (0.5 * _n * Math.Log(signal)) + (0.5 * _factor.LogDeterminant) - logJacobian + _prior.Add(vector, gradient);
    }

    private bool TryFactor(ReadOnlySpan<double> vector, double noise)
    {
        Array.Clear(_correlations);
        for (int axis = 0; axis < _d; axis++)
        {
            Dense.AddScaled(Math.Exp(-2 * vector[axis]), _differences[axis], _correlations);
        }

        Kernel.Evaluate(_shape, _correlations, _slopes);
        int pair = 0;
        for (int i = 0; i < _n; i++)
        {
            for (int k = 0; k < i; k++)
            {
                _matrix[(i * _n) + k] = _correlations[pair++] + GpModel.MeanVariance;
            }

            _matrix[(i * _n) + i] = 1 + GpModel.MeanVariance + noise;
        }

        return _factor.TryFactor(_matrix, _n);
    }
}
