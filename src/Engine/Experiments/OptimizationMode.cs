namespace HpoServerless.Engine.Experiments;

/// <summary>Which direction of the metric is better.</summary>
public enum OptimizationMode
{
    /// <summary>Smaller is better.</summary>
    Min,

    /// <summary>Larger is better.</summary>
    Max,
}
