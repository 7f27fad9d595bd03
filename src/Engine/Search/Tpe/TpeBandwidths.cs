using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>How wide kernels are: as wide as the points are spread, less where there are many.</summary>
/// <remarks>
/// Scott's rule (D. W. Scott, "Multivariate Density Estimation", 1992, eq. 6.42): h = f · σ · n^(-1/(d+4)), with the weighted standard deviation
/// of the points along each axis, so that kernels shrink where the good results agree; n is the effective number of points, (Σw)² / Σw².
/// Departures: σ is drawn towards that of the prior by one more point, because few points know little of their spread, and bandwidths do not
/// fall below a floor, nor below half a cell on axes with listed values. On nominal axes a kernel gives away L / (L + n).
/// </remarks>
internal sealed class TpeBandwidths(SpaceAxes axes)
{
    private const double PriorVariance = 1.0 / 12;

    private readonly double[] _bandwidths = new double[axes.Dimension];

    /// <summary>The bandwidth along each axis; shape [d]. Overwritten by the next call.</summary>
    /// <param name="points">Shape [n][d].</param>
    /// <param name="weights">Shape [n].</param>
    /// <param name="factor">f.</param>
    /// <param name="floor">Least bandwidth of a numeric axis.</param>
    /// <param name="dimension">d of the exponent: how many coordinates a kernel has.</param>
    /// <param name="followSpread">Whether σ is that of the points, else that of the prior.</param>
    public ReadOnlySpan<double> Of(ReadOnlySpan<double[]> points, ReadOnlySpan<double> weights, double factor, double floor, int dimension, bool followSpread)
    {
        double sum = 0;
        double squares = 0;
        foreach (double weight in weights)
        {
            sum += weight;
            squares += weight * weight;
        }

        double effective = squares > 0 ? Math.Max(1, sum * sum / squares) : 1;
        double shrinkage = Math.Pow(effective, -1.0 / (dimension + 4));
        for (int i = 0; i < _bandwidths.Length; i++)
        {
            Axis axis = axes.Axes[i];
            if (axis.IsNominal)
            {
                _bandwidths[i] = axis.Levels / (axis.Levels + effective);
                continue;
            }

            double variance = followSpread ? Variance(points, weights, i) : PriorVariance;
            double least = axis.Levels > 0 ? Math.Max(floor, 0.5 / axis.Levels) : floor;
            _bandwidths[i] = Math.Clamp(factor * Math.Sqrt(variance) * shrinkage, least, 1);
        }

        return _bandwidths;
    }

    private static double Variance(ReadOnlySpan<double[]> points, ReadOnlySpan<double> weights, int coordinate)
    {
        double weight = 0;
        double mean = 0;
        double squares = 0;
        for (int k = 0; k < points.Length; k++)
        {
            double value = points[k][coordinate];
            if (!double.IsNaN(value))
            {
                weight += weights[k];
                double step = (value - mean) * weights[k] / weight;
                squares += weights[k] * (value - mean) * (value - mean - step);
                mean += step;
            }
        }

        return (squares + PriorVariance) / (weight + 1);
    }
}
