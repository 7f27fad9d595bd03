using HpoServerless.Engine.Experiments;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Workers;

/// <summary>What <see cref="WorkerExecutor"/> logs.</summary>
internal static partial class WorkerExecutorLog
{
    [LoggerMessage(2700, LogLevel.Information, "{Segment} was taken from a worker of site {Site} that is not heard of, or did not end it")]
    public static partial void Lost(ILogger logger, SegmentId segment, string site);

    [LoggerMessage(2701, LogLevel.Warning, "The board of site {Site} could not be looked through; the next round does it")]
    public static partial void NotSwept(ILogger logger, string site, Exception error);
}
