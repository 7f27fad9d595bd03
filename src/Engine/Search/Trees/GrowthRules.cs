namespace HpoServerless.Engine.Search.Trees;

/// <summary>How a tree grows.</summary>
internal sealed record GrowthRules
{
    /// <summary>Where numeric axes are cut and how categories are divided.</summary>
    public required CutStyle Cuts { get; init; }

    /// <summary>Fewest rows (by weight) of a leaf; at least 1.</summary>
    public double LeafWeight { get; init; } = 1;

    /// <summary>Deepest leaf; the root has depth 0.</summary>
    public int MaxDepth { get; init; } = 40;

    /// <summary>Share of the axes that a node looks at, in (0, 1].</summary>
    public double AxisShare { get; init; } = 1;
}

/// <summary>Where a node may cut.</summary>
internal enum CutStyle
{
    /// <summary>At the best place, in the middle between two neighbours.</summary>
    BestMiddle,

    /// <summary>Between the two neighbours that are best, anywhere in the gap: so trees disagree where there are no rows.</summary>
    BestInGap,

    /// <summary>Anywhere in the range of the rows; the best of one such cut an axis.</summary>
    Random,
}
