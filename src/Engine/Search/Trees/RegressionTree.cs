using System.Runtime.InteropServices;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>A piecewise constant function of the coordinates of <see cref="TrainingSet"/>.</summary>
/// <remarks>Cost of a prediction: O(depth).</remarks>
internal sealed class RegressionTree
{
    private readonly List<TreeNode> _nodes = [];

    /// <summary>Nodes; the root is the first. Valid until another is added.</summary>
    public Span<TreeNode> Nodes => CollectionsMarshal.AsSpan(_nodes);

    /// <summary>Adds a node.</summary>
    /// <returns>Its number.</returns>
    public int Add(TreeNode node)
    {
        _nodes.Add(node);
        return _nodes.Count - 1;
    }

    /// <summary>The leaf that a row falls into.</summary>
    /// <param name="row">Shape [d].</param>
    public ref readonly TreeNode Leaf(ReadOnlySpan<double> row)
    {
        ReadOnlySpan<TreeNode> nodes = CollectionsMarshal.AsSpan(_nodes);
        int at = 0;
        while (!nodes[at].IsLeaf)
        {
            ref readonly TreeNode node = ref nodes[at];
            at = node.Cut.GoesLeft(row[node.Cut.Axis]) ? node.Left : node.Right;
        }

        return ref nodes[at];
    }
}
