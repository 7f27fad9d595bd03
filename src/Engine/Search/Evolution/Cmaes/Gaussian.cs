using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.Evolution.Cmaes;

/// <summary>The search distribution over d coordinates: mean + σ · A ∘ N(0, C), with its evolution paths. Never changes once made.</summary>
/// <remarks>
/// Equations are those of N. Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772 (2023). A, the scale of each coordinate, is 1
/// but for discrete ones (see <see cref="Margin"/>).
/// </remarks>
internal sealed class Gaussian
{
    /// <summary>Eigenvalues of C are kept within this ratio of the largest.</summary>
    private const double WorstCondition = 1e-14;

    private readonly double[] _covariance;
    private readonly double[]? _axes;
    private readonly double[] _lengths;
    private readonly double[] _stepPath;
    private readonly double[] _path;

    private Gaussian(double[] mean, double sigma, double[] scale, double[] covariance, bool separable, double[] stepPath, double[] path, int generation)
    {
        (Mean, Sigma, Scale, _covariance, _stepPath, _path, Generation) = (mean, sigma, scale, covariance, stepPath, path, generation);
        double[] values = covariance;
        if (!separable)
        {
            (values, _axes) = SymmetricEigen.Decompose(covariance, mean.Length);
        }

        double least = values.Length == 0 ? 0 : values.Max() * WorstCondition;
        _lengths = [.. values.Select(value => Math.Sqrt(Math.Max(value, least)))];
    }

    /// <summary>Centre; shape [d].</summary>
    public double[] Mean { get; }

    /// <summary>Step size.</summary>
    public double Sigma { get; }

    /// <summary>A; shape [d].</summary>
    public double[] Scale { get; }

    /// <summary>Updates so far.</summary>
    public int Generation { get; }

    /// <summary>Number of coordinates.</summary>
    public int Dimension => Mean.Length;

    /// <summary>Longest axis of the distribution over the shortest.</summary>
    public double AxisRatio => Dimension == 0 ? 1 : _lengths.Max() / _lengths.Min();

    /// <summary>A round one.</summary>
    public static Gaussian Round(double[] mean, double sigma, bool separable)
    {
        int n = mean.Length;
        double[] identity = new double[separable ? n : n * n];
        for (int i = 0; i < n; i++)
        {
            identity[separable ? i : i * (n + 1)] = 1;
        }

        return new(mean, sigma, [.. Enumerable.Repeat(1.0, n)], identity, separable, new double[n], new double[n], 0);
    }

    /// <summary>The same with another mean and scale.</summary>
    public Gaussian With(double[] mean, double[] scale) => new(mean, Sigma, scale, _covariance, _axes is null, _stepPath, _path, Generation);

    /// <summary>Standard deviation of a coordinate, the scale included.</summary>
    public double Deviation(int coordinate) => Sigma * Scale[coordinate] * Math.Sqrt(Variance(coordinate));

    /// <summary>C · z in the sense that a standard normal z gives N(0, C).</summary>
    public double[] Shape(double[] z)
    {
        if (_axes is null)
        {
            return [.. z.Select((value, i) => value * _lengths[i])];
        }

        double[] y = new double[z.Length];
        for (int i = 0; i < z.Length; i++)
        {
            Dense.AddScaled(_lengths[i] * z[i], Row(i), y);
        }

        return y;
    }

    /// <summary>The point at a step that <see cref="Shape"/> made.</summary>
    public double[] At(double[] y, double stretch = 1) => [.. Mean.Select((m, i) => m + (stretch * Sigma * Scale[i] * y[i]))];

    /// <summary>The step that leads to a point; 0 where the point has no number.</summary>
    public double[] StepTo(double[] point) => [.. Mean.Select((m, i) => double.IsNaN(point[i]) ? 0 : (point[i] - m) / (Sigma * Scale[i]))];

    /// <summary>C^(-1/2) · y.</summary>
    public double[] Whiten(double[] y)
    {
        if (_axes is null)
        {
            return [.. y.Select((value, i) => value / _lengths[i])];
        }

        double[] white = new double[y.Length];
        for (int i = 0; i < y.Length; i++)
        {
            Dense.AddScaled(Dense.Dot(Row(i), y) / _lengths[i], Row(i), white);
        }

        return white;
    }

    /// <summary>Length of a step in standard deviations.</summary>
    public double Length(double[] y)
    {
        double[] white = Whiten(y);
        return Math.Sqrt(Dense.Dot(white, white));
    }

    /// <summary>One generation (eq. 41-48).</summary>
    /// <param name="constants">For this dimension and as many steps.</param>
    /// <param name="weights">Of each step; shape [λ].</param>
    /// <param name="steps">Steps, none longer than is believed; shape [λ][d].</param>
    /// <param name="moves">The same, but 0 where a step must not move the mean; shape [λ][d].</param>
    public Gaussian Next(CmaesConstants constants, double[] weights, double[][] steps, double[][] moves)
    {
        int n = Dimension;
        double[] mean = [.. Mean];
        double[] step = new double[n];
        for (int k = 0; k < steps.Length; k++)
        {
            if (weights[k] > 0)
            {
                Dense.AddScaled(weights[k], steps[k], step);
                for (int i = 0; i < n; i++)
                {
                    mean[i] += weights[k] * Sigma * Scale[i] * moves[k][i];
                }
            }
        }

        double rate = constants.StepRate;
        double[] stepPath = Decayed(_stepPath, rate, constants.MuEff, Whiten(step));
        double length = Math.Sqrt(Dense.Dot(stepPath, stepPath));
        double settled = Math.Sqrt(1 - Math.Pow(1 - rate, 2 * (Generation + 1)));
        bool stalled = length / settled >= (1.4 + (2.0 / (n + 1))) * constants.ExpectedLength;
        double[] path = Decayed(_path, constants.PathRate, stalled ? 0 : constants.MuEff, step);
        double lost = stalled ? constants.PathRate * (2 - constants.PathRate) : 0;
        double sigma = Sigma * Math.Exp(Math.Min(1, rate / constants.StepDamping * ((length / constants.ExpectedLength) - 1)));
        return new(mean, sigma, Scale, NextCovariance(constants, weights, steps, path, lost), _axes is null, stepPath, path, Generation + 1);
    }

    /// <summary>The same, but no coordinate with a deviation above a limit.</summary>
    public Gaussian Within(double widest)
    {
        double most = Enumerable.Range(0, Dimension).Select(Deviation).DefaultIfEmpty().Max();
        return most <= widest ? this : new(Mean, Sigma * widest / most, Scale, _covariance, _axes is null, _stepPath, _path, Generation);
    }

    private static double[] Decayed(double[] path, double rate, double muEff, double[] step)
    {
        double gain = Math.Sqrt(rate * (2 - rate) * muEff);
        return [.. path.Select((value, i) => ((1 - rate) * value) + (gain * step[i]))];
    }

    /// <summary>Eq. 47; a negative weight counts as much as if its step had the length of the others (eq. 46).</summary>
    private double[] NextCovariance(CmaesConstants constants, double[] weights, double[][] steps, double[] path, double lost)
    {
        int n = Dimension;
        double keep = 1 + (constants.RankOneRate * lost) - constants.RankOneRate - (constants.RankMuRate * weights.Sum());
        double[] covariance = [.. _covariance.Select(value => keep * value)];
        AddOuter(covariance, constants.RankOneRate, path);
        for (int k = 0; k < steps.Length; k++)
        {
            double length = weights[k] < 0 ? Length(steps[k]) : 0;
            double weight = weights[k] >= 0 ? weights[k] : weights[k] * n / Math.Max(length * length, 1e-12);
            AddOuter(covariance, constants.RankMuRate * weight, steps[k]);
        }

        return covariance;
    }

    private void AddOuter(double[] covariance, double factor, double[] y)
    {
        int n = Dimension;
        for (int i = 0; i < n; i++)
        {
            if (_axes is null)
            {
                covariance[i] += factor * y[i] * y[i];
            }
            else
            {
                Dense.AddScaled(factor * y[i], y, covariance.AsSpan(i * n, n));
            }
        }
    }

    private double Variance(int coordinate) => Math.Max(_covariance[_axes is null ? coordinate : coordinate * (Dimension + 1)], 1e-300);

    private ReadOnlySpan<double> Row(int i) => _axes.AsSpan(i * Dimension, Dimension);
}
