namespace HpoServerless.Engine.Search.Trees;

/// <summary>A node of a <see cref="RegressionTree"/>.</summary>
/// <param name="Mean">Mean of the targets that fell into it.</param>
/// <param name="Variance">Their variance.</param>
internal record struct TreeNode(double Mean, double Variance)
{
    /// <summary>Which rows go left; of no meaning in a leaf.</summary>
    public Cut Cut { get; set; }

    /// <summary>Number of the left child; 0 in a leaf.</summary>
    public int Left { get; set; }

    /// <summary>Number of the right child; 0 in a leaf.</summary>
    public int Right { get; set; }

    /// <summary>What the tree predicts here; its mean unless something else is asked for.</summary>
    public double Prediction { get; set; } = Mean;

    /// <summary>Whether nothing is below it.</summary>
    public readonly bool IsLeaf => Left == 0;
}
