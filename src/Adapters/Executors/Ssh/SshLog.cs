using HpoServerless.Engine.Experiments;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>What executors over SSH log.</summary>
internal static partial class SshLog
{
    [LoggerMessage(2650, LogLevel.Warning, "The node {Node} cannot be reached; it is left alone for {Seconds} s")]
    public static partial void NodeRests(ILogger logger, string node, double seconds, Exception error);

    [LoggerMessage(2651, LogLevel.Warning, "The log of {Segment} could not be fetched from {Node}")]
    public static partial void LogMissed(ILogger logger, SegmentId segment, string node, Exception error);

    [LoggerMessage(2652, LogLevel.Warning, "The process group {Group} on {Node} could not be killed; its worker kills it when it hears nothing more")]
    public static partial void KillMissed(ILogger logger, int group, string node, Exception error);

    [LoggerMessage(2653, LogLevel.Warning, "What the experiment {Experiment} left on {Node} could not be removed")]
    public static partial void RemovalMissed(ILogger logger, string experiment, string node, Exception error);

    [LoggerMessage(2654, LogLevel.Warning, "What {Segment} left on {Node} could not be ended yet; it is tried again")]
    public static partial void LeftBehind(ILogger logger, SegmentId segment, string node, Exception error);
}
