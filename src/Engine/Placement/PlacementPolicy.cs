namespace HpoServerless.Engine.Placement;

/// <summary>Which of the sites with a free slot gets the next segment. Sites where the trial was lost before come last in any case.</summary>
public enum PlacementPolicy
{
    /// <summary>The one with the largest share of free slots; of equal ones the first named.</summary>
    Free,

    /// <summary>The one that costs least an hour; of equal ones the first named.</summary>
    Cheapest,

    /// <summary>The one where trials went most steps a second so far; those that nothing is known of come first.</summary>
    Fastest,
}
