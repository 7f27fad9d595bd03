namespace HpoServerless.Engine.Search.Modelling;

/// <summary>An observation and where it lies in the unit cube.</summary>
/// <param name="Observation">What was observed.</param>
/// <param name="Unit">Shape [d]; NaN where inactive, the middle of the cell where discrete. Not to be changed.</param>
internal sealed record EvaluatedPoint(Observation Observation, double[] Unit)
{
    /// <summary>Number of the trial; below 1 for those of earlier experiments.</summary>
    public int Trial => Observation.Trial;

    /// <summary>The minimised value; null if the trial failed.</summary>
    public double? Value => Observation.Value;
}
