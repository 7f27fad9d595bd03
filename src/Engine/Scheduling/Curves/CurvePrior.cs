using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Scheduling.Curves;

/// <summary>What curves of this experiment look like: learned from all of them, and the starting point from which each one is extrapolated.</summary>
/// <remarks>
/// <para>
/// A curve is y = X β + ε with the shapes of <see cref="CurveBasis"/> in X, coefficients β ~ N(μ, Σ) and noise ε ~ N(0, s²). μ, Σ and s² are fitted to all curves,
/// however short (empirical Bayes): so what slow starters did later is expected of slow starters. Trials are stopped by what they reported, which
/// the likelihood takes into account by itself.
/// </para>
/// <para>Cost of an iteration: K³ for each curve that is given.</para>
/// <para>
/// Source: N. M. Laird, J. H. Ware, "Random-effects models for longitudinal data", Biometrics 38 (1982) 963-974, with μ by generalised least squares in each
/// step of EM (C. Liu, D. B. Rubin, Biometrika 81 (1994) 633-648). Departures: weak priors keep all three proper from the first report on.
/// </para>
/// </remarks>
internal sealed class CurvePrior
{
    private const int Iterations = 4;
    private const double FirstVariance = 0.5;
    private const double FirstNoise = 0.02;
    private const double LeastNoise = 1e-6;
    private const double MeanVariance = 4;
    private const double PriorCurves = 6;
    private const double PriorValues = 10;

    private readonly int _size;
    private readonly double[] _end;
    private readonly double[] _precision;
    private readonly double[] _pull;
    private readonly double[] _mean;
    private readonly Cholesky _factor;
    private readonly double[] _matrix;
    private readonly double[] _work;
    private double _noise = FirstNoise;

    /// <param name="basis">The shapes.</param>
    /// <param name="maxT">Step that predictions are for.</param>
    public CurvePrior(CurveBasis basis, long maxT)
    {
        _size = basis.Size;
        _end = new double[_size];
        basis.At(maxT, _end);
        _precision = new double[_size * _size];
        _mean = new double[_size];
        _pull = new double[_size];
        _factor = new(_size);
        _matrix = new double[_size * _size];
        _work = new double[_size * _size];
        for (int i = 0; i < _size; i++)
        {
            _precision[(i * _size) + i] = 1 / FirstVariance;
        }
    }

    /// <summary>Extrapolates a curve to the last step.</summary>
    public Prediction Predict(ObservedCurve curve)
    {
        Factor(curve);
        Span<double> coefficients = stackalloc double[_size];
        for (int i = 0; i < _size; i++)
        {
            coefficients[i] = _pull[i] + (curve.Moment[i] / _noise);
        }

        _factor.Solve(coefficients);
        double mean = Dense.Dot(_end, coefficients);
        _end.CopyTo(coefficients);
        _factor.SolveLower(coefficients);
        return new(mean, Math.Sqrt(Dense.Dot(coefficients, coefficients)));
    }

    /// <summary>Learns from curves.</summary>
    /// <param name="curves">Each with the number of curves that it stands for.</param>
    public void Fit(IReadOnlyList<(ObservedCurve Curve, double Weight)> curves)
    {
        if (curves.Count < 2)
        {
            return;
        }

        double[] inverses = new double[curves.Count * _size * _size];
        double[] coefficients = new double[curves.Count * _size];
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            FitMean(curves, inverses, coefficients);
            FitSpread(curves, inverses, coefficients);
        }
    }

    /// <summary>Generalised least squares; leaves the posterior covariance and mean of each curve's coefficients behind.</summary>
    private void FitMean(IReadOnlyList<(ObservedCurve Curve, double Weight)> curves, double[] inverses, double[] coefficients)
    {
        double[] sum = new double[_size * _size];
        double[] right = new double[_size];
        double total = 0;
        for (int c = 0; c < curves.Count; c++)
        {
            (ObservedCurve curve, double weight) = curves[c];
            Factor(curve);
            Span<double> inverse = inverses.AsSpan(c * _size * _size, _size * _size);
            _factor.Invert(inverse, _work);
            Mirror(inverse);
            Span<double> own = coefficients.AsSpan(c * _size, _size);
            for (int i = 0; i < _size; i++)
            {
                own[i] = Dense.Dot(inverse.Slice(i * _size, _size), curve.Moment) / _noise;
                right[i] += weight * own[i];
            }

            Dense.AddScaled(weight, inverse, sum);
            total += weight;
        }

        // The sums over curves of Xᵀ S⁻¹ X and Xᵀ S⁻¹ y, S = X Σ Xᵀ + s² I, are total·P − P sum P and P right with P = Σ⁻¹.
        double[] product = Product(_precision, Product(sum, _precision));
        for (int i = 0; i < _size; i++)
        {
            for (int j = 0; j < _size; j++)
            {
                _matrix[(i * _size) + j] = (total * _precision[(i * _size) + j]) - product[(i * _size) + j] + (i == j ? 1 / MeanVariance : 0);
            }

            _mean[i] = Dense.Dot(_precision.AsSpan(i * _size, _size), right);
        }

        FactorMatrix();
        _factor.Solve(_mean);
        SetPull();
        for (int c = 0; c < curves.Count; c++)
        {
            for (int i = 0; i < _size; i++)
            {
                coefficients[(c * _size) + i] += Dense.Dot(inverses.AsSpan((c * _size * _size) + (i * _size), _size), _pull);
            }
        }
    }

    /// <summary>One step of EM for the covariance of the coefficients and for the noise.</summary>
    private void FitSpread(IReadOnlyList<(ObservedCurve Curve, double Weight)> curves, double[] inverses, double[] coefficients)
    {
        Array.Clear(_matrix);
        double total = PriorCurves;
        double residual = PriorValues * FirstNoise;
        double values = PriorValues;
        for (int i = 0; i < _size; i++)
        {
            _matrix[(i * _size) + i] = PriorCurves * FirstVariance;
        }

        for (int c = 0; c < curves.Count; c++)
        {
            (ObservedCurve curve, double weight) = curves[c];
            ReadOnlySpan<double> own = coefficients.AsSpan(c * _size, _size);
            ReadOnlySpan<double> inverse = inverses.AsSpan(c * _size * _size, _size * _size);
            double left = curve.Squares;
            for (int i = 0; i < _size; i++)
            {
                left -= 2 * own[i] * curve.Moment[i];
                for (int j = 0; j < _size; j++)
                {
                    int at = (i * _size) + j;
                    left += curve.Gram[at] * ((own[i] * own[j]) + inverse[at]);
                    _matrix[at] += weight * (inverse[at] + ((own[i] - _mean[i]) * (own[j] - _mean[j])));
                }
            }

            residual += weight * Math.Max(left, 0);
            values += weight * curve.Count;
            total += weight;
        }

        _noise = Math.Max(residual / values, LeastNoise);
        for (int i = 0; i < _matrix.Length; i++)
        {
            _matrix[i] /= total;
        }

        FactorMatrix();
        _factor.Invert(_precision, _work);
        Mirror(_precision);
        SetPull();
    }

    private void SetPull()
    {
        for (int i = 0; i < _size; i++)
        {
            _pull[i] = Dense.Dot(_precision.AsSpan(i * _size, _size), _mean);
        }
    }

    /// <summary>Factors the posterior precision of a curve's coefficients.</summary>
    private void Factor(ObservedCurve curve)
    {
        for (int i = 0; i < _matrix.Length; i++)
        {
            _matrix[i] = _precision[i] + (curve.Gram[i] / _noise);
        }

        FactorMatrix();
    }

    /// <summary>Rounding may cost a nearly singular matrix its definiteness: then its diagonal grows until it has it again.</summary>
    private void FactorMatrix()
    {
        for (double extra = 1e-12; !_factor.TryFactor(_matrix, _size); extra *= 10)
        {
            for (int i = 0; i < _size; i++)
            {
                _matrix[(i * _size) + i] += extra * (1 + Math.Abs(_matrix[(i * _size) + i]));
            }
        }
    }

    private void Mirror(Span<double> lower)
    {
        for (int i = 0; i < _size; i++)
        {
            for (int j = 0; j < i; j++)
            {
                lower[(j * _size) + i] = lower[(i * _size) + j];
            }
        }
    }

    /// <summary>Product of two matrices, the second one symmetric or the result of such a product, transposed where it is read.</summary>
    private double[] Product(double[] left, double[] right)
    {
        double[] product = new double[_size * _size];
        for (int i = 0; i < _size; i++)
        {
            for (int k = 0; k < _size; k++)
            {
                Dense.AddScaled(left[(i * _size) + k], right.AsSpan(k * _size, _size), product.AsSpan(i * _size, _size));
            }
        }

        return product;
    }
}
