using HpoServerless.Engine.Experiments;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>What <see cref="PandaExecutor"/> logs.</summary>
internal static partial class PandaExecutorLog
{
    [LoggerMessage(2750, LogLevel.Warning, "The tasks of site {Site} could not be listed or their ends not told; the next round does it")]
    public static partial void NotWatched(ILogger logger, string site, Exception error);

    [LoggerMessage(2751, LogLevel.Warning, "What {Segment} brought from the grid was not taken; it is tried again")]
    public static partial void NotTaken(ILogger logger, SegmentId segment, Exception error);

    [LoggerMessage(2752, LogLevel.Information, "{Segment} is task {Task} of the grid")]
    public static partial void Submitted(ILogger logger, SegmentId segment, long task);

    [LoggerMessage(2753, LogLevel.Warning, "{Segment} reported so often that {Count} reports were left out of what the grid keeps of a job")]
    public static partial void Thinned(ILogger logger, SegmentId segment, int count);
}
