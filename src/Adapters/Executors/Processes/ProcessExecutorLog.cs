using HpoServerless.Engine.Experiments;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>What <see cref="ProcessExecutor"/> logs.</summary>
internal static partial class ProcessExecutorLog
{
    [LoggerMessage(2500, LogLevel.Warning, "Worker {Process}: {Line}")]
    public static partial void WorkerComplains(ILogger logger, int process, string line);

    [LoggerMessage(2501, LogLevel.Warning, "Reports of {Segment} were not taken; they are sent again with the next ones")]
    public static partial void ReportsNotTaken(ILogger logger, SegmentId segment, Exception error);

    [LoggerMessage(2502, LogLevel.Warning, "The end of {Segment} was not noticed; the next poll finds it")]
    public static partial void EndNotNoticed(ILogger logger, SegmentId segment, Exception error);

    [LoggerMessage(2504, LogLevel.Warning, "The checkpoint of {Segment} at step {Step} could not be kept; the trial goes on without it")]
    public static partial void CheckpointMissed(ILogger logger, SegmentId segment, long step, Exception error);

    [LoggerMessage(2505, LogLevel.Warning, "Where {Segment} begins could not be told")]
    public static partial void BeginningNotTold(ILogger logger, SegmentId segment, Exception error);

    [LoggerMessage(2503, LogLevel.Error, "{Segment} is lost to an error of the host")]
    public static partial void SegmentLost(ILogger logger, SegmentId segment, Exception error);
}
