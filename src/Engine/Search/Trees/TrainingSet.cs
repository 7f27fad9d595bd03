using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>Rows that trees are grown on. A coordinate is a unit, the number of the category on a nominal axis, or NaN where inactive.</summary>
internal sealed class TrainingSet
{
    private readonly List<double[]> _rows = [];
    private readonly List<double> _targets = [];
    private int[][]? _orders;
    private double[][]? _columns;

    /// <param name="axes">Axes of the rows; constant ones are never split.</param>
    public TrainingSet(SpaceAxes axes)
    {
        Axes = axes;
        Split = [.. Enumerable.Range(0, axes.Dimension).Where(axis => !axes.Axes[axis].IsConstant)];
    }

    /// <summary>Axes of the rows.</summary>
    public SpaceAxes Axes { get; }

    /// <summary>Axes that can be split.</summary>
    public IReadOnlyList<int> Split { get; }

    /// <summary>The rows; each of shape [d].</summary>
    public IReadOnlyList<double[]> Rows => _rows;

    /// <summary>What is to be predicted; shape [rows]. Boosting changes it.</summary>
    public IList<double> Targets => _targets;

    /// <summary>Writes a point in the coordinates of rows.</summary>
    /// <param name="axes">Axes of the point.</param>
    /// <param name="unit">Shape [d]; NaN where inactive.</param>
    /// <param name="row">Shape [d].</param>
    public static void Code(SpaceAxes axes, ReadOnlySpan<double> unit, Span<double> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            Axis axis = axes.Axes[i];
            row[i] = axis.IsNominal && !double.IsNaN(unit[i]) ? axis.LevelOf(unit[i]) : unit[i];
        }
    }

    /// <summary>Adds a point.</summary>
    /// <param name="unit">Shape [d]; NaN where inactive.</param>
    /// <param name="target">Finite.</param>
    public void Add(ReadOnlySpan<double> unit, double target)
    {
        double[] row = new double[unit.Length];
        Code(Axes, unit, row);
        _rows.Add(row);
        _targets.Add(target);
        (_orders, _columns) = (null, null);
    }

    /// <summary>The same rows with other targets.</summary>
    public TrainingSet With(IEnumerable<double> targets)
    {
        TrainingSet copy = new(Axes) { _orders = Orders(), _columns = Columns() };
        copy._rows.AddRange(_rows);
        copy._targets.AddRange(targets);
        return copy;
    }

    /// <summary>Rows by ascending coordinate, one list an axis of <see cref="Split"/>; inactive ones last, equal ones in their order. Not to be changed.</summary>
    public int[][] Orders() => _orders ??= [.. Split.Select(OrderOf)];

    /// <summary>The rows' coordinates, one list an axis; shape [d][rows]. Not to be changed.</summary>
    public double[][] Columns() => _columns ??= [.. Enumerable.Range(0, Axes.Dimension).Select(axis => _rows.Select(row => row[axis]).ToArray())];

    private int[] OrderOf(int axis)
    {
        int[] order = new int[_rows.Count];
        double[] keys = new double[_rows.Count];
        for (int row = 0; row < order.Length; row++)
        {
            order[row] = row;
            keys[row] = double.IsNaN(_rows[row][axis]) ? double.PositiveInfinity : _rows[row][axis];
        }

        Array.Sort(order, (a, b) => keys[a].CompareTo(keys[b]) is not 0 and int difference ? difference : a.CompareTo(b));
        return order;
    }
}
