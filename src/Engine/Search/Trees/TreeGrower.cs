using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>Grows regression trees that divide rows so that the squared errors shrink most.</summary>
/// <remarks>
/// <para>
/// Numeric axes are cut by a threshold, nominal ones into two sets of categories, and rows in which the coordinate is inactive go to whichever
/// side fits them better, or to a side of their own. Categories that no row of the node has are sent to random sides.
/// </para>
/// <para>Cost: O(d · n · depth) a tree: every axis is sorted once for all trees, and cuts keep the order.</para>
/// <para>
/// Sources: L. Breiman, J. Friedman, R. Olshen, C. Stone, "Classification and regression trees", 1984, section 8.4 (squared errors; categories
/// by ascending mean give the best subset, theorem 4.5); F. Hutter, L. Xu, H. Hoos, K. Leyton-Brown, "Algorithm runtime prediction", Artificial
/// Intelligence 206 (2014), section 4.1 (thresholds anywhere in the gap); P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", Machine Learning 63 (2006), table 1.
/// </para>
/// </remarks>
internal sealed class TreeGrower
{
    private readonly TrainingSet _data;
    private readonly GrowthRules _rules;
    private readonly int[][] _orders;
    private readonly bool[] _left;
    private readonly int[] _moved;
    private readonly int[] _axes;
    private readonly CutSearch _search;
    private readonly double[][] _columns;
    private readonly double[] _targets;
    private double[] _weights = [];
    private SeededRandom _random = SeededRandom.For(0, string.Empty);

    public TreeGrower(TrainingSet data, GrowthRules rules)
    {
        _data = data;
        _rules = rules;
        _orders = [.. data.Split.Select(_ => new int[data.Rows.Count])];
        _left = new bool[data.Rows.Count];
        _moved = new int[data.Rows.Count];
        _axes = [.. Enumerable.Range(0, data.Split.Count)];
        _search = new(data, rules);
        _columns = data.Columns();
        _targets = new double[data.Rows.Count];
    }

    /// <summary>Grows one tree.</summary>
    /// <param name="weights">How often each row counts, 0 for not at all; shape [rows].</param>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="finish">What the leaves predict; null for the mean.</param>
    public RegressionTree Grow(double[] weights, SeededRandom random, LeafRule? finish = null)
    {
        _weights = weights;
        _random = random;
        _data.Targets.CopyTo(_targets, 0);
        _search.Begin(weights, _targets, random);
        int count = 0;
        for (int i = 0; i < _orders.Length; i++)
        {
            count = 0;
            foreach (int row in _data.Orders()[i])
            {
                if (weights[row] > 0)
                {
                    _orders[i][count++] = row;
                }
            }
        }

        RegressionTree tree = new();
        if (_orders.Length == 0)
        {
            int[] all = [.. Enumerable.Range(0, weights.Length).Where(row => weights[row] > 0)];
            TreeNode leaf = NodeOf(all);
            tree.Add(leaf with { Prediction = finish?.Invoke(all) ?? leaf.Mean });
            return tree;
        }

        Grow(tree, 0, count, 0, finish);
        return tree;
    }

    private int Grow(RegressionTree tree, int start, int end, int depth, LeafRule? finish)
    {
        ReadOnlySpan<int> rows = _orders[0].AsSpan(start, end - start);
        TreeNode node = NodeOf(rows);
        int number = tree.Add(node);
        Cut? cut = depth < _rules.MaxDepth && node.Variance > 1e-24 * (1 + (node.Mean * node.Mean)) ? FindCut(start, end) : null;
        if (cut is not { } found)
        {
            tree.Nodes[number].Prediction = finish?.Invoke(rows) ?? node.Mean;
            return number;
        }

        int middle = Divide(found, start, end);
        int left = Grow(tree, start, middle, depth + 1, finish);
        int right = Grow(tree, middle, end, depth + 1, finish);
        ref TreeNode parent = ref tree.Nodes[number];
        (parent.Cut, parent.Left, parent.Right) = (found, left, right);
        return number;
    }

    private TreeNode NodeOf(ReadOnlySpan<int> rows)
    {
        double weight = 0;
        double sum = 0;
        foreach (int row in rows)
        {
            weight += _weights[row];
            sum += _weights[row] * _targets[row];
        }

        double mean = sum / weight;
        double squares = 0;
        foreach (int row in rows)
        {
            double difference = _targets[row] - mean;
            squares += _weights[row] * difference * difference;
        }

        return new(mean, squares / weight);
    }

    private Cut? FindCut(int start, int end)
    {
        int looked = (int)Math.Ceiling(_rules.AxisShare * _axes.Length);
        _search.BeginNode(_orders[0].AsSpan(start, end - start));
        for (int i = 0; i < _axes.Length; i++)
        {
            if (looked < _axes.Length)
            {
                int other = i + _random.NextInt(_axes.Length - i);
                (_axes[i], _axes[other]) = (_axes[other], _axes[i]);
            }

            // Axes on which the rows do not differ do not count as looked at.
            if (_search.Consider(_data.Split[_axes[i]], _orders[_axes[i]].AsSpan(start, end - start)) && --looked == 0)
            {
                break;
            }
        }

        return _search.Best;
    }

    /// <summary>Moves the rows that go left to the front of every axis' list, keeping their order.</summary>
    /// <returns>Where the others begin.</returns>
    private int Divide(Cut cut, int start, int end)
    {
        double[] column = _columns[cut.Axis];
        foreach (int row in _orders[0].AsSpan(start, end - start))
        {
            _left[row] = cut.GoesLeft(column[row]);
        }

        int middle = start;
        foreach (int[] order in _orders)
        {
            int left = start;
            int right = 0;
            for (int i = start; i < end; i++)
            {
                int row = order[i];
                if (_left[row])
                {
                    order[left++] = row;
                }
                else
                {
                    _moved[right++] = row;
                }
            }

            _moved.AsSpan(0, right).CopyTo(order.AsSpan(left));
            middle = left;
        }

        return middle;
    }
}

/// <summary>What a leaf predicts.</summary>
/// <param name="rows">The rows that fell into it.</param>
internal delegate double LeafRule(ReadOnlySpan<int> rows);
