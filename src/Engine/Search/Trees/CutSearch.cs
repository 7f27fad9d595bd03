using System.Runtime.InteropServices;
using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>Finds the cut of a node: looks at one axis after another and keeps the best.</summary>
/// <remarks>A cut is worth what it takes off the sum of squared errors: s² (1 / w + 1 / (W - w)) with s the sum of the centred targets of the left side, w its weight and W that of the node.</remarks>
internal sealed class CutSearch(TrainingSet data, GrowthRules rules)
{
    private readonly List<Run> _runs = [];
    private readonly double[][] _columns = data.Columns();
    private double[] _weights = [];
    private double[] _targets = [];
    private SeededRandom _random = SeededRandom.For(0, string.Empty);
    private double _weight;
    private double _mean;
    private double _gain;
    private Cut? _best;

    /// <summary>Starts a tree.</summary>
    public void Begin(double[] weights, double[] targets, SeededRandom random) => (_weights, _targets, _random) = (weights, targets, random);

    /// <summary>Starts a node.</summary>
    /// <param name="rows">All its rows.</param>
    public void BeginNode(ReadOnlySpan<int> rows)
    {
        (double weight, double sum) = (0, 0);
        foreach (int row in rows)
        {
            weight += _weights[row];
            sum += _weights[row] * _targets[row];
        }

        (_weight, _mean, _gain, _best) = (weight, sum / weight, 0, null);
    }

    /// <summary>The best cut so far; null if none makes both sides heavy enough and takes anything off.</summary>
    public Cut? Best => _best;

    /// <summary>Looks at an axis.</summary>
    /// <param name="axis">Which.</param>
    /// <param name="rows">All rows of the node by ascending coordinate, inactive ones last.</param>
    /// <returns>False if the rows do not differ on it.</returns>
    public bool Consider(int axis, ReadOnlySpan<int> rows)
    {
        double[] column = _columns[axis];
        if (rules.Cuts == CutStyle.Random && !IsNominal(axis) && !double.IsNaN(column[rows[^1]]))
        {
            return CutAtRandom(axis, column, rows);
        }

        Run inactive = ReadRuns(axis, rows);
        if (inactive.Weight > 0 && _runs.Count > 0 && IsBetter(inactive.Weight, inactive.Sum))
        {
            _best = new(axis, double.NegativeInfinity, IsNominal(axis) ? Set(axis, 0) : null, InactiveLeft: true);
        }

        if (_runs.Count < 2)
        {
            return _runs.Count == 1 && inactive.Weight > 0;
        }

        if (!IsNominal(axis))
        {
            CutNumbers(axis, inactive);
        }
        else if (rules.Cuts == CutStyle.Random)
        {
            DrawCategories(axis, inactive);
        }
        else
        {
            _runs.Sort((a, b) => (a.Sum / a.Weight).CompareTo(b.Sum / b.Weight) is not 0 and int difference ? difference : a.Value.CompareTo(b.Value));
            CutCategories(axis, inactive);
        }

        return true;
    }

    /// <summary>One random threshold among rows that are all active.</summary>
    private bool CutAtRandom(int axis, double[] column, ReadOnlySpan<int> rows)
    {
        (double low, double high) = (column[rows[0]], column[rows[^1]]);
        if (low == high)
        {
            return false;
        }

        double threshold = Between(low, high);
        (double weight, double sum) = (0, 0);
        foreach (int row in rows)
        {
            if (column[row] > threshold)
            {
                break;
            }

            weight += _weights[row];
            sum += _weights[row] * (_targets[row] - _mean);
        }

        if (IsBetter(weight, sum))
        {
            _best = new(axis, threshold, null, InactiveLeft: (_random.NextUInt64() & 1) != 0);
        }

        return true;
    }

    private bool IsNominal(int axis) => data.Axes.Axes[axis].IsNominal;

    /// <summary>Groups the rows with equal coordinates.</summary>
    /// <returns>Those in which the coordinate is inactive.</returns>
    private Run ReadRuns(int axis, ReadOnlySpan<int> rows)
    {
        _runs.Clear();
        double[] column = _columns[axis];
        Run inactive = new(double.NaN, 0, 0);
        foreach (int row in rows)
        {
            double value = column[row];
            double weight = _weights[row];
            double sum = weight * (_targets[row] - _mean);
            if (double.IsNaN(value))
            {
                inactive = new(value, inactive.Weight + weight, inactive.Sum + sum);
            }
            else if (_runs.Count > 0 && _runs[^1].Value == value)
            {
                _runs[^1] = new(value, _runs[^1].Weight + weight, _runs[^1].Sum + sum);
            }
            else
            {
                _runs.Add(new(value, weight, sum));
            }
        }

        return inactive;
    }

    private void CutNumbers(int axis, Run inactive)
    {
        if (rules.Cuts == CutStyle.Random)
        {
            double threshold = Between(_runs[0].Value, _runs[^1].Value);
            (double weight, double sum) = (0, 0);
            foreach (Run run in _runs.TakeWhile(run => run.Value <= threshold))
            {
                (weight, sum) = (weight + run.Weight, sum + run.Sum);
            }

            if (IsBetter(weight, sum, inactive, out bool inactiveGoLeft))
            {
                _best = new(axis, threshold, null, inactiveGoLeft);
            }

            return;
        }

        (double leftWeight, double leftSum) = (0, 0);
        for (int i = 0; i < _runs.Count - 1; i++)
        {
            (leftWeight, leftSum) = (leftWeight + _runs[i].Weight, leftSum + _runs[i].Sum);
            (double low, double high) = (_runs[i].Value, _runs[i + 1].Value);
            if (IsBetter(leftWeight, leftSum, inactive, out bool inactiveLeft))
            {
                _best = new(axis, rules.Cuts == CutStyle.BestMiddle ? low + ((high - low) / 2) : Between(low, high), null, inactiveLeft);
            }
        }
    }

    /// <summary>The best of the divisions into categories with low and with high means.</summary>
    private void CutCategories(int axis, Run inactive)
    {
        (double weight, double sum) = (0, 0);
        for (int i = 0; i < _runs.Count - 1; i++)
        {
            (weight, sum) = (weight + _runs[i].Weight, sum + _runs[i].Sum);
            if (IsBetter(weight, sum, inactive, out bool inactiveLeft))
            {
                _best = new(axis, double.NaN, Set(axis, i + 1), inactiveLeft);
            }
        }
    }

    /// <summary>A random division in which both sides have a category.</summary>
    private void DrawCategories(int axis, Run inactive)
    {
        _random.Shuffle(CollectionsMarshal.AsSpan(_runs));
        int count = 1;
        for (int i = 1; i < _runs.Count - 1; i++)
        {
            if ((_random.NextUInt64() & 1) != 0)
            {
                (_runs[count], _runs[i]) = (_runs[i], _runs[count]);
                count++;
            }
        }

        (double weight, double sum) = (0, 0);
        foreach (Run run in _runs.Take(count))
        {
            (weight, sum) = (weight + run.Weight, sum + run.Sum);
        }

        if (IsBetter(weight, sum, inactive, out bool inactiveLeft))
        {
            _best = new(axis, double.NaN, Set(axis, count), inactiveLeft);
        }
    }

    /// <summary>The first runs as a set, with the categories that no run has on random sides.</summary>
    private ulong[] Set(int axis, int count)
    {
        ulong[] set = new ulong[(data.Axes.Axes[axis].Levels + 63) >> 6];
        for (int word = 0; word < set.Length; word++)
        {
            set[word] = _random.NextUInt64();
        }

        for (int i = 0; i < _runs.Count; i++)
        {
            int category = (int)_runs[i].Value;
            ulong bit = 1UL << (category & 63);
            set[category >> 6] = i < count ? set[category >> 6] | bit : set[category >> 6] & ~bit;
        }

        return set;
    }

    /// <summary>Somewhere in [low, high).</summary>
    private double Between(double low, double high)
    {
        double at = low + (_random.NextUnit() * (high - low));
        return at < high ? at : low;
    }

    /// <summary>Whether a division of the active rows is the best so far, with the inactive ones on either side.</summary>
    private bool IsBetter(double weight, double sum, Run inactive, out bool inactiveLeft)
    {
        bool isBetter = IsBetter(weight, sum);
        inactiveLeft = inactive.Weight > 0 && IsBetter(weight + inactive.Weight, sum + inactive.Sum);
        return isBetter || inactiveLeft;
    }

    private bool IsBetter(double weight, double sum)
    {
        double rest = _weight - weight;
        if (weight < rules.LeafWeight || rest < rules.LeafWeight)
        {
            return false;
        }

        double gain = sum * sum * ((1 / weight) + (1 / rest));
        if (!(gain > _gain * (1 + 1e-12)))
        {
            return false;
        }

        _gain = gain;
        return true;
    }

    /// <summary>Rows with the same coordinate.</summary>
    /// <param name="Value">The coordinate.</param>
    /// <param name="Weight">How heavy they are.</param>
    /// <param name="Sum">Sum of their centred targets.</param>
    private readonly record struct Run(double Value, double Weight, double Sum);
}
