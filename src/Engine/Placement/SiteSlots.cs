namespace HpoServerless.Engine.Placement;

/// <summary>How many trials a site can run at the same time now.</summary>
/// <param name="Site">Name of the site.</param>
/// <param name="Slots">Number of trials, those that run included; null where that is not limited.</param>
public sealed record SiteSlots(string Site, int? Slots);
