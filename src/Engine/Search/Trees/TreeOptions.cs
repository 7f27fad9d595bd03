namespace HpoServerless.Engine.Search.Trees;

/// <summary>What can be chosen about a search with trees.</summary>
internal sealed record TreeOptions
{
    /// <summary>Results to have before the model is asked; until then points are spread evenly.</summary>
    public int InitialPoints { get; init; } = 10;

    /// <summary>Points that the model compares for a suggestion.</summary>
    public int Samples { get; init; } = 2000;

    /// <summary>Whether the best of them are improved step by step.</summary>
    public bool UsesLocalSearch { get; init; } = true;

    /// <summary>How values are transformed.</summary>
    public LossScale Scale { get; init; } = LossScale.Log;

    /// <summary>What makes a point promising.</summary>
    public Acquisition Acquisition { get; init; } = new(AcquisitionKind.Ei, 0, 1.96);
}
