using HpoServerless.Engine.Experiments;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>What <see cref="AzureBatchExecutor"/> logs.</summary>
internal static partial class BatchExecutorLog
{
    [LoggerMessage(2600, LogLevel.Information, "{Segment} was run again by Batch {Times} times, because its node was taken away or failed")]
    public static partial void Requeued(ILogger logger, SegmentId segment, int times);

    [LoggerMessage(2601, LogLevel.Warning, "Task {Task} of job {Job} could not be terminated; it is tried again when the segment is polled")]
    public static partial void NotTerminated(ILogger logger, string task, string job, Exception error);

    [LoggerMessage(2602, LogLevel.Warning, "The tasks of site {Site} could not be listed or their ends not told; the next round does it")]
    public static partial void NotWatched(ILogger logger, string site, Exception error);
}
