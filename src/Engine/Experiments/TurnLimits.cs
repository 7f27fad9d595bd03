namespace HpoServerless.Engine.Experiments;

/// <summary>How much one turn may change, so that a store can commit it in one transaction.</summary>
/// <param name="Operations">Rows written and removed in all, besides the turn's own two.</param>
public sealed record TurnLimits(int Operations)
{
    /// <summary>Fits an entity-group transaction of 100 operations.</summary>
    public static TurnLimits Default { get; } = new(96);
}
