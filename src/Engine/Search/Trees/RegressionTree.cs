namespace HpoServerless.Engine.Search.Trees;

/// <summary>A piecewise constant function of the coordinates of <see cref="TrainingSet"/>.</summary>
/// <remarks>Cost of a prediction: O(depth).</remarks>
internal sealed class RegressionTree
{
    private readonly List<Node> _nodes = [];

    /// <summary>Nodes; the root is the first.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>Adds a node.</summary>
    /// <returns>Its number.</returns>
    public int Add(Node node)
    {
        _nodes.Add(node);
        return _nodes.Count - 1;
    }

    /// <summary>The leaf that a row falls into.</summary>
    /// <param name="row">Shape [d].</param>
    public Node Leaf(ReadOnlySpan<double> row)
    {
        Node node = _nodes[0];
        while (node.Cut is { } cut)
        {
            node = _nodes[cut.GoesLeft(row[cut.Axis]) ? node.Left : node.Right];
        }

        return node;
    }

    /// <summary>A node: a leaf unless it has a cut.</summary>
    /// <param name="Mean">Mean of the targets that fell into it.</param>
    /// <param name="Variance">Their variance.</param>
    internal sealed record Node(double Mean, double Variance)
    {
        /// <summary>Which rows go left; null for a leaf.</summary>
        public Cut? Cut { get; set; }

        /// <summary>Number of the left child.</summary>
        public int Left { get; set; }

        /// <summary>Number of the right child.</summary>
        public int Right { get; set; }

        /// <summary>What the tree predicts in this leaf; its mean unless something else is asked for.</summary>
        public double Prediction { get; set; } = Mean;
    }
}
