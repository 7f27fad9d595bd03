using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Auto;

/// <summary>Tells from values alone whether a search has settled: enough of the best are as good as equal.</summary>
/// <remarks>
/// "As good as" is a share of the distance of the median from the best. Where results are noisy the best few are never that close, so a search
/// that only sees noise has not settled.
/// </remarks>
internal static class Convergence
{
    private const double Near = 1e-3;
    private const double There = 1e-5;

    /// <summary>Whether the basin is found, so that it is worth going straight down.</summary>
    public static bool IsNear(IEnumerable<EvaluatedPoint> points, int parameters) => Share(points, parameters, Near, parameters + 2);

    /// <summary>Whether there is nothing left to find where the search is.</summary>
    public static bool IsThere(IEnumerable<EvaluatedPoint> points, int parameters) => Share(points, parameters, There, 20 + (2 * parameters));

    private static bool Share(IEnumerable<EvaluatedPoint> points, int parameters, double tolerance, int fewest)
    {
        double[] values = [.. points.Where(LocalStep.Counts).Select(point => point.Value!.Value)];
        if (values.Length < fewest)
        {
            return false;
        }

        Array.Sort(values);
        double near = values[0] + (tolerance * (values[values.Length / 2] - values[0]));
        return values[parameters + 1] <= near;
    }
}
