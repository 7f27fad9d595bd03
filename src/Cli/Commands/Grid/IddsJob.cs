using HpoServerless.Adapters.Grid.Idds;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>A search of iDDS whose points are to be evaluated here.</summary>
/// <param name="Connection">Where iDDS is, and who asks.</param>
/// <param name="Search">Which search.</param>
/// <param name="Wait">How long to wait for new points when all are evaluated.</param>
internal sealed record IddsJob(IddsConnection Connection, IddsSearch Search, TimeSpan Wait)
{
    /// <summary>How many points are evaluated at the same time; null: as many as the project says.</summary>
    public int? Concurrent { get; init; }

    /// <summary>After how long no further points are begun; null: never.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Loss of points whose trial fails; null: they stay unevaluated.</summary>
    public double? FailedLoss { get; init; }
}
