using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>A Gaussian process conditioned on observations, in units of the warped values.</summary>
/// <remarks>
/// <para>
/// Source: Rasmussen and Williams 2006, algorithm 2.1. The model grows by <see cref="Append"/>, which costs n², so that running trials can be
/// believed to end at their mean (D. Ginsbourger, R. Le Riche, L. Carraro, "Kriging is well-suited to parallelize optimization", 2010, section 3.2).
/// </para>
/// <para>Cost: n³/3 to make; n (n + d) a prediction, twice that with gradients. A mutable class: it belongs to one caller.</para>
/// </remarks>
internal sealed class GpModel
{
    /// <summary>Variance of the constant mean in units of the signal's.</summary>
    public const double MeanVariance = 1;

    private readonly KernelShape _shape;
    private readonly bool[] _isNominal;
    private readonly double[] _weights;
    private readonly double _noise;
    private readonly Cholesky _factor;
    private readonly List<double> _targets = [];
    private double[] _points;
    private double[] _alpha = [];
    private double[] _cross = [];
    private double[] _slopes = [];
    private double[] _solved = [];

    private GpModel(KernelShape shape, bool[] isNominal, double[] weights, double noise, int capacity)
        : this(shape, isNominal, weights, noise, new(capacity), new double[capacity * isNominal.Length])
    {
    }

    private GpModel(KernelShape shape, bool[] isNominal, double[] weights, double noise, Cholesky factor, double[] points) =>
        (_shape, _isNominal, _weights, _noise, _factor, _points) = (shape, isNominal, weights, noise, factor, points);

    /// <summary>Observations, believed ones included.</summary>
    public int Count => _factor.Size;

    /// <summary>Number of axes.</summary>
    public int Dimension => _isNominal.Length;

    /// <summary>Variance of the signal.</summary>
    public double Signal { get; private set; } = 1;

    /// <summary>Conditions on observations.</summary>
    /// <param name="shape">Kernel.</param>
    /// <param name="parameters">Hyperparameters; the warp is not used here.</param>
    /// <param name="points">Row-major, [n · d].</param>
    /// <param name="isNominal">Shape [d].</param>
    /// <param name="targets">Warped, centred values; shape [n].</param>
    /// <param name="spare">Rows to make room for beside them.</param>
    /// <remarks>Observations that add nothing to working precision are left out.</remarks>
    public static GpModel Condition(
        KernelShape shape, GpParameters parameters, ReadOnlySpan<double> points, ReadOnlySpan<bool> isNominal, ReadOnlySpan<double> targets, int spare = 0)
    {
        int d = isNominal.Length;
        GpModel model = new(shape, isNominal.ToArray(), parameters.Weights(), parameters.Noise, targets.Length + spare);
        for (int i = 0; i < targets.Length; i++)
        {
            model.TryAdd(points.Slice(i * d, d), targets[i]);
        }

        model.SolveForMean();
        model.Signal = Math.Max(Dense.Dot(model._alpha, model._targets.ToArray()) / Math.Max(1, model.Count), 1e-30);
        return model;
    }

    /// <summary>Conditions on one more value.</summary>
    /// <param name="point">Shape [d].</param>
    /// <param name="target">Warped, centred value.</param>
    public void Append(ReadOnlySpan<double> point, double target)
    {
        if (TryAdd(point, target))
        {
            SolveForMean();
        }
    }

    /// <summary>Coordinates of a point the model is conditioned on; shape [d].</summary>
    public ReadOnlySpan<double> Point(int index) => _points.AsSpan(index * Dimension, Dimension);

    /// <summary>Posterior mean; O(n d).</summary>
    /// <param name="point">Shape [d].</param>
    public double Mean(ReadOnlySpan<double> point)
    {
        Correlate(point);
        return Dense.Dot(_cross.AsSpan(0, Count), _alpha);
    }

    /// <summary>Posterior mean with its gradient, which is 0 on nominal axes; O(n d).</summary>
    /// <param name="point">Shape [d].</param>
    /// <param name="gradient">Receives the gradient; shape [d].</param>
    public double Mean(ReadOnlySpan<double> point, Span<double> gradient)
    {
        double mean = Mean(point);
        gradient.Clear();
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<double> other = Point(i);
            double part = 2 * _slopes[i] * _alpha[i];
            for (int j = 0; j < other.Length; j++)
            {
                gradient[j] += part * (point[j] - other[j]);
            }
        }

        for (int j = 0; j < Dimension; j++)
        {
            gradient[j] *= _isNominal[j] ? 0 : _weights[j];
        }

        return mean;
    }

    /// <summary>Models without noise, conditioned on draws of what the noise-free values at the points of this one may be.</summary>
    /// <remarks>
    /// A draw u of the prior at the points becomes one of the posterior by adding K (K + λI)⁻¹ (w - u - ε), which is r - λ (K + λI)⁻¹ r with
    /// r = w - u - ε (J. T. Wilson et al., "Efficiently sampling functions from Gaussian process posteriors", ICML 2020, eq. 9).
    /// All have one factor, so that each costs n² beside it.
    /// </remarks>
    /// <param name="count">Number of draws.</param>
    /// <param name="random">Decides them.</param>
    /// <returns>Only this model, if its noise is negligible.</returns>
    public GpModel[] WithoutNoise(int count, SeededRandom random)
    {
        const double negligible = 1e-6;
        GpModel exact = new(_shape, _isNominal, _weights, negligible, Count);
        for (int i = 0; i < Count; i++)
        {
            exact.TryAdd(Point(i), _targets[i]);
        }

        return _noise <= negligible || exact.Count < Count ? [this] : [.. Enumerable.Range(0, count).Select(_ => exact.Redraw(this, random))];
    }

    /// <summary>Posterior of the noise-free value.</summary>
    /// <param name="point">Shape [d].</param>
    /// <returns>Mean and variance; the variance is positive.</returns>
    public (double Mean, double Variance) Predict(ReadOnlySpan<double> point)
    {
        Correlate(point);
        double mean = Dense.Dot(_cross.AsSpan(0, Count), _alpha);
        Span<double> solved = _solved.AsSpan(0, Count);
        _cross.AsSpan(0, Count).CopyTo(solved);
        _factor.SolveLower(solved);
        return (mean, Variance(Dense.Dot(solved, solved)));
    }

    /// <summary>Posterior of the noise-free value with its gradients; those of nominal axes are 0.</summary>
    /// <param name="point">Shape [d].</param>
    /// <param name="meanGradient">Receives the gradient of the mean; shape [d].</param>
    /// <param name="varianceGradient">Receives the gradient of the variance; shape [d].</param>
    public (double Mean, double Variance) Predict(ReadOnlySpan<double> point, Span<double> meanGradient, Span<double> varianceGradient)
    {
        (double mean, double variance) = Predict(point);
        Span<double> solved = _solved.AsSpan(0, Count);
        _factor.SolveUpper(solved);
        meanGradient.Clear();
        varianceGradient.Clear();
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<double> other = Point(i);
            double meanPart = 2 * _slopes[i] * _alpha[i];
            double variancePart = -4 * Signal * _slopes[i] * solved[i];
            for (int j = 0; j < other.Length; j++)
            {
                double difference = point[j] - other[j];
                meanGradient[j] += meanPart * difference;
                varianceGradient[j] += variancePart * difference;
            }
        }

        for (int j = 0; j < Dimension; j++)
        {
            double weight = _isNominal[j] ? 0 : _weights[j];
            meanGradient[j] *= weight;
            varianceGradient[j] *= weight;
        }

        return (mean, variance);
    }

    private GpModel Redraw(GpModel noisy, SeededRandom random)
    {
        double deviation = Math.Sqrt(noisy.Signal);
        double[] normal = [.. Enumerable.Range(0, Count).Select(_ => random.NextGaussian())];
        double[] values = [.. Enumerable.Range(0, Count).Select(i => deviation * Dense.Dot(_factor.Row(i), normal))];
        double[] rest = [.. values.Select((prior, i) => noisy._targets[i] - prior - (deviation * Math.Sqrt(noisy._noise) * random.NextGaussian()))];
        double[] solved = [.. rest];
        noisy._factor.Solve(solved);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] += rest[i] - (noisy._noise * solved[i]);
        }

        GpModel redrawn = new(_shape, _isNominal, _weights, _noise, _factor, _points) { Signal = noisy.Signal };
        redrawn._targets.AddRange(values);
        redrawn.SolveForMean();
        return redrawn;
    }

    private double Variance(double explained) => Signal * Math.Max(1 + MeanVariance - explained, 1e-14);

    private bool TryAdd(ReadOnlySpan<double> point, double target)
    {
        int n = Count;
        Correlate(point);
        _cross[n] = 1 + MeanVariance + _noise;
        if (!_factor.TryAppend(_cross.AsSpan(0, n + 1)))
        {
            return false;
        }

        if (_points.Length < (n + 1) * Dimension)
        {
            Array.Resize(ref _points, 2 * (n + 1) * Dimension);
        }

        point.CopyTo(_points.AsSpan(n * Dimension));
        _targets.Add(target);
        return true;
    }

    private void SolveForMean()
    {
        _alpha = [.. _targets];
        _factor.Solve(_alpha);
    }

    /// <summary>Fills cross-correlations with all observations, and their slopes.</summary>
    private void Correlate(ReadOnlySpan<double> point)
    {
        int n = Count;
        if (_cross.Length < n + 1)
        {
            int size = Math.Max(2 * n, 16);
            (_cross, _slopes, _solved) = (new double[size], new double[size], new double[size]);
        }

        int d = point.Length;
        for (int i = 0; i < n; i++)
        {
            ReadOnlySpan<double> other = _points.AsSpan(i * d, d);
            double q = 0;
            for (int j = 0; j < other.Length; j++)
            {
                double difference = point[j] - other[j];
                q += _isNominal[j] ? (difference == 0 ? 0 : _weights[j]) : _weights[j] * difference * difference;
            }

            _cross[i] = q;
        }

        Kernel.Evaluate(_shape, _cross.AsSpan(0, n), _slopes);
        for (int i = 0; i < n; i++)
        {
            _cross[i] += MeanVariance;
        }
    }
}
