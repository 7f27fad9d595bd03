using HpoServerless.Engine.Experiments;

namespace HpoServerless.Bench.Pruning;

/// <summary>The learning curves of all configurations of one experiment.</summary>
/// <param name="True">Without noise; row c holds the values of configuration c after 1, 2, … steps.</param>
/// <param name="Observed">What a trial reports.</param>
/// <param name="Mode">Which values are good.</param>
internal sealed record CurveTable(double[][] True, double[][] Observed, OptimizationMode Mode = OptimizationMode.Min)
{
    /// <summary>Steps of every curve.</summary>
    public int Steps => True[0].Length;

    /// <summary>How much worse than the best configuration one is in the end, without noise.</summary>
    public double Regret(int configuration) => Minimised(True[configuration][^1]) - True.Select(curve => Minimised(curve[^1])).Where(double.IsFinite).Min();

    /// <summary>The value with the sign that makes smaller better.</summary>
    public double Minimised(double value) => Mode == OptimizationMode.Max ? -value : value;
}
