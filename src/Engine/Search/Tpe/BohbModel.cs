using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>BOHB's two densities over whole points.</summary>
internal sealed class BohbModel
{
    /// <summary>What a density is at least, so that ratios exist (the source compares with 1e-32).</summary>
    private const double Floor = 1e-32;

    private readonly SpaceAxes _axes;
    private readonly BohbOptions _options;
    private readonly KernelMixture _good;
    private readonly KernelMixture _bad;
    private double[][] _goodPoints = [];

    public BohbModel(SpaceAxes axes, BohbOptions options)
    {
        _axes = axes;
        _options = options;
        _good = new(axes, [.. Enumerable.Range(0, axes.Dimension)]);
        _bad = new(axes, [.. Enumerable.Range(0, axes.Dimension)]);
    }

    /// <summary>Good results of the model.</summary>
    public int Good => _goodPoints.Length;

    /// <summary>How many results are good and how many bad, of those that follow them.</summary>
    /// <param name="results">N.</param>
    /// <param name="leastPoints">Fewest of each.</param>
    /// <param name="topPercent">Percentage of good ones.</param>
    public static (int Good, int Bad) Counts(int results, int leastPoints, double topPercent) => (
        Math.Max(leastPoints, (int)Math.Floor(topPercent * results / 100)),
        Math.Max(leastPoints, (int)Math.Floor((100 - topPercent) * results / 100)));

    /// <summary>Normal reference rule: 1.06 σ N^(-1/(4+d)).</summary>
    /// <param name="values">The values along one axis.</param>
    /// <param name="rows">N.</param>
    /// <param name="dimension">d.</param>
    public static double Bandwidth(ReadOnlySpan<double> values, int rows, int dimension)
    {
        double mean = 0;
        double squares = 0;
        foreach (double value in values)
        {
            mean += value / values.Length;
        }

        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return 1.06 * Math.Sqrt(squares / Math.Max(1, values.Length)) * Math.Pow(rows, -1.0 / (4 + dimension));
    }

    /// <summary>Whether both sides have more rows than there are coordinates.</summary>
    public bool IsEnough(int results)
    {
        (int good, _) = Counts(results, LeastPoints, _options.TopNPercent);
        return results >= LeastPoints && Math.Min(good, results - good) > _axes.Dimension;
    }

    /// <summary>Rebuilds both densities.</summary>
    public void Build(BudgetRows rows)
    {
        (int good, int bad) = Counts(rows.Units.Length, LeastPoints, _options.TopNPercent);
        _goodPoints = rows.Units[..good];
        Build(_good, _goodPoints);
        Build(_bad, rows.Units[good..Math.Min(rows.Units.Length, good + bad)]);
    }

    /// <summary>Draws a point near one of the good ones.</summary>
    public void Draw(SeededRandom random, Span<double> unit) =>
        _good.Draw(random, _goodPoints[random.NextInt(_goodPoints.Length)], unit, _options.BandwidthFactor);

    /// <summary>log l - log g.</summary>
    public double Score(ReadOnlySpan<double> unit) => _good.LogDensity(unit) - _bad.LogDensity(unit);

    private int LeastPoints => Math.Max(_options.MinPointsInModel, _axes.Dimension + 1);

    private void Build(KernelMixture mixture, double[][] points)
    {
        double[] bandwidths = new double[_axes.Dimension];
        double[] weights = new double[points.Length];
        Array.Fill(weights, 1);
        for (int i = 0; i < bandwidths.Length; i++)
        {
            Axis axis = _axes.Axes[i];
            double[] values = [.. points.Select(point => point[i]).Where(value => !double.IsNaN(value))];
            double bandwidth = axis.IsNominal
                ? 1.06 * Math.Sqrt(Disagreement(axis, values)) * Math.Pow(points.Length, -1.0 / (4 + bandwidths.Length))
                : Bandwidth(values, points.Length, bandwidths.Length);
            bandwidths[i] = Math.Clamp(bandwidth, _options.MinBandwidth, 1);
        }

        mixture.Build(points, weights, Floor, bandwidths);
    }

    /// <summary>Probability that two values differ: what takes the place of the variance where values have no order.</summary>
    private static double Disagreement(Axis axis, double[] values)
    {
        double same = values.GroupBy(axis.LevelOf).Sum(group => Math.Pow(group.Count() / (double)values.Length, 2));
        return values.Length == 0 ? 1 : 1 - same;
    }
}
