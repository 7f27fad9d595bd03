using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Aws;

/// <summary>What the executor on EC2 logs.</summary>
internal static partial class AwsLog
{
    [LoggerMessage(2690, LogLevel.Information, "The instance {Instance} is started")]
    public static partial void Started(ILogger logger, string instance);

    [LoggerMessage(2691, LogLevel.Information, "The instance {Instance} is stopped: no experiment needs it any more")]
    public static partial void Stopped(ILogger logger, string instance);

    [LoggerMessage(2692, LogLevel.Warning, "The instance {Instance} could not be stopped; it is tried again when the next experiment ends")]
    public static partial void StopMissed(ILogger logger, string instance, Exception error);

    [LoggerMessage(2693, LogLevel.Debug, "The instance {Instance} cannot be started yet")]
    public static partial void NotYet(ILogger logger, string instance, Exception error);
}
