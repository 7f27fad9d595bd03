namespace HpoServerless.Adapters.Grid.Idds;

/// <summary>Which search of iDDS is meant: by its request, by its workload (the number of its PanDA task), or by both.</summary>
/// <param name="Workload">Number of the workload; null where the request is given.</param>
/// <param name="Request">Number of the request; null where the workload is given.</param>
public readonly record struct IddsSearch(long? Workload, long? Request)
{
    /// <summary>For people.</summary>
    public override string ToString() => (Request, Workload) switch
    {
        ({ } request, { } workload) => FormattableString.Invariant($"request {request}, workload {workload}"),
        ({ } request, null) => FormattableString.Invariant($"request {request}"),
        _ => FormattableString.Invariant($"workload {Workload}"),
    };
}
