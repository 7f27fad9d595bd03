using HpoServerless.Engine.Experiments;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Orchestrations.Telemetry;

/// <summary>What all logs inside are about.</summary>
public static class LogScopes
{
    private static readonly Func<ILogger, string, IDisposable?> Experiments = LoggerMessage.DefineScope<string>("experiment {Experiment}");

    private static readonly Func<ILogger, string, int, int, IDisposable?> Segments =
        LoggerMessage.DefineScope<string, int, int>("experiment {Experiment}, trial {Trial}, segment {Segment}");

    /// <summary>About an experiment.</summary>
    public static IDisposable? OfExperiment(this ILogger logger, string id) => Experiments(logger, id);

    /// <summary>About a segment of a trial.</summary>
    public static IDisposable? OfSegment(this ILogger logger, SegmentId segment) => Segments(logger, segment.Experiment, segment.Trial, segment.Segment);
}
