using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>The densities of ETPE over coordinates that are active in the same results.</summary>
internal sealed class EtpeGroup
{
    /// <summary>Fewest active results of a group that has densities.</summary>
    public const int FewestRows = 4;

    private const double LeastBandwidth = 0.01;

    /// <summary>What a density is at least: the prior's weight, so that ratios exist.</summary>
    private const double Floor = 1e-10;

    private readonly SpaceAxes _axes;
    private readonly EtpeOptions _options;
    private readonly int[] _coordinates;
    private readonly double[][] _good;
    private readonly KernelMixture? _goodDensity;
    private readonly KernelMixture? _badDensity;
    private readonly KernelMixture _proposal;

    /// <param name="axes">The space.</param>
    /// <param name="coordinates">The group's.</param>
    /// <param name="rows">The points in which they are active, best first.</param>
    /// <param name="options">What the user chose.</param>
    public EtpeGroup(SpaceAxes axes, int[] coordinates, double[][] rows, EtpeOptions options)
    {
        (_axes, _coordinates, _options) = (axes, coordinates, options);
        _proposal = new(axes, [.. coordinates]);
        int good = GoodOf(rows.Length, options);
        _good = [];
        if (rows.Length < FewestRows || rows.Length - good < options.MinPointsInKde)
        {
            return;
        }

        _good = rows[..good];
        _goodDensity = Density(_good);
        _badDensity = Density(rows[good..]);
    }

    /// <summary>Good ones among so many results.</summary>
    public static int GoodOf(int results, EtpeOptions options) => Math.Max(Math.Max(2, options.MinPointsInKde), (int)Math.Floor(options.TopNPercent * results / 100));

    /// <summary>One bandwidth for all coordinates: the standard deviation of all cells of a matrix by Scott's or Silverman's rule.</summary>
    /// <param name="cells">All values of the matrix.</param>
    /// <param name="rows">Rows of it, N.</param>
    /// <param name="isSilverman">Factor (3N/4)^(-1/5), else N^(-1/5).</param>
    public static double Bandwidth(ReadOnlySpan<double> cells, int rows, bool isSilverman)
    {
        double mean = 0;
        double squares = 0;
        foreach (double cell in cells)
        {
            mean += cell / cells.Length;
        }

        foreach (double cell in cells)
        {
            squares += (cell - mean) * (cell - mean);
        }

        double deviation = Math.Sqrt(squares / Math.Max(1, cells.Length - 1));
        return Math.Max(LeastBandwidth, deviation * Math.Pow(isSilverman ? 0.75 * rows : rows, -0.2));
    }

    /// <summary>Prepares drawing.</summary>
    /// <param name="widening">How much wider than the kernels of the good density.</param>
    public void Widen(double widening)
    {
        if (_goodDensity is not null)
        {
            _proposal.Build(_good, Ones(_good.Length), Floor, Bandwidths(widening * Bandwidth(Cells(_good), _good.Length, _options.IsSilverman)));
        }
    }

    /// <summary>Draws the group's coordinates: around the good points, or from the prior where there is no density.</summary>
    public void Draw(SeededRandom random, Span<double> unit) => _proposal.Draw(random, unit);

    /// <summary>log l - log g; 0 where there is no density, or where the group is not active.</summary>
    public double Score(ReadOnlySpan<double> unit) =>
        _goodDensity is null || double.IsNaN(unit[_coordinates[0]]) ? 0 : _goodDensity.LogDensity(unit) - _badDensity!.LogDensity(unit);

    private static double[] Ones(int length)
    {
        double[] ones = new double[length];
        Array.Fill(ones, 1);
        return ones;
    }

    private KernelMixture Density(double[][] points)
    {
        KernelMixture mixture = new(_axes, [.. _coordinates]);
        mixture.Build(points, Ones(points.Length), Floor, Bandwidths(Bandwidth(Cells(points), points.Length, _options.IsSilverman)));
        return mixture;
    }

    /// <summary>The points as the model sees them, one after the other: numbers as they are, a category as the corner of a simplex with sides of length 1.</summary>
    private double[] Cells(double[][] points)
    {
        List<double> cells = [];
        foreach (double[] point in points)
        {
            foreach (int i in _coordinates)
            {
                Axis axis = _axes.Axes[i];
                if (!axis.IsNominal)
                {
                    cells.Add(point[i]);
                }
                else if (axis.Levels == 2)
                {
                    cells.Add(axis.LevelOf(point[i]));
                }
                else
                {
                    int level = axis.LevelOf(point[i]);
                    cells.AddRange(Enumerable.Range(0, axis.Levels).Select(other => other == level ? Math.Sqrt(0.5) : 0));
                }
            }
        }

        return [.. cells];
    }

    /// <summary>The bandwidth along numeric axes; along nominal ones the share that gives another category exp(-1 / (2 h²)) of the own one's density.</summary>
    private double[] Bandwidths(double bandwidth)
    {
        double ratio = Math.Exp(-0.5 / (bandwidth * bandwidth));
        double[] bandwidths = new double[_axes.Dimension];
        foreach (int i in _coordinates)
        {
            int levels = _axes.Axes[i].Levels;
            bandwidths[i] = _axes.Axes[i].IsNominal ? Math.Max(1e-12, ratio * levels / (1 + (ratio * (levels - 1)))) : bandwidth;
        }

        return bandwidths;
    }
}
