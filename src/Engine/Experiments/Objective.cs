namespace HpoServerless.Engine.Experiments;

/// <summary>One of several metrics that are optimised together.</summary>
/// <param name="Name">Name of the reported number.</param>
/// <param name="Mode">Which direction of it is better.</param>
public sealed record Objective(string Name, OptimizationMode Mode)
{
    /// <summary>Most objectives an experiment may have.</summary>
    public const int Most = 8;

    /// <summary>A reported value as the algorithms see it: smaller is better. Applied again, it gives the reported value back.</summary>
    public double Minimised(double value) => Mode == OptimizationMode.Min ? value : -value;
}
