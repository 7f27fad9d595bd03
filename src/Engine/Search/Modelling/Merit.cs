namespace HpoServerless.Engine.Search.Modelling;

/// <summary>Which of two observations is better, where one objective counts.</summary>
/// <remarks>
/// By value among those that meet the constraints; then by violation; failed trials last. Sorting by it must be stable, so that of equal ones
/// the earlier trial comes first.
/// </remarks>
internal sealed class Merit : IComparer<EvaluatedPoint>
{
    /// <summary>The better one comes first.</summary>
    public static Merit BestFirst { get; } = new();

    /// <inheritdoc/>
    public int Compare(EvaluatedPoint? x, EvaluatedPoint? y)
    {
        int failed = (x!.Value is null).CompareTo(y!.Value is null);
        if (failed != 0 || x.Value is null)
        {
            return failed;
        }

        int violation = x.Observation.Violation.CompareTo(y.Observation.Violation);
        return violation != 0 ? violation : x.Value.Value.CompareTo(y.Value!.Value);
    }

    /// <summary>The best of some observations, the earliest of equal ones; null if there are none, or none but failed ones.</summary>
    public static EvaluatedPoint? Best(IEnumerable<EvaluatedPoint> points)
    {
        EvaluatedPoint? best = null;
        foreach (EvaluatedPoint point in points)
        {
            if (point.Value is not null && (best is null || BestFirst.Compare(point, best) < 0))
            {
                best = point;
            }
        }

        return best;
    }
}
