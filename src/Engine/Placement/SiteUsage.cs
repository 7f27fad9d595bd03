namespace HpoServerless.Engine.Placement;

/// <summary>What an experiment had from a site so far, by the segments that ended.</summary>
/// <param name="Segments">Segments that ended there.</param>
/// <param name="Seconds">How long they ran in all.</param>
/// <param name="Steps">How many steps their trials went meanwhile.</param>
/// <param name="Lost">How many of them the infrastructure lost.</param>
public sealed record SiteUsage(int Segments = 0, double Seconds = 0, long Steps = 0, int Lost = 0)
{
    /// <summary>Steps a second; null where nothing is known.</summary>
    public double? Speed => Seconds > 0 && Steps > 0 ? Steps / Seconds : null;
}
