using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost.Durable;

public sealed partial class LocalDurableRuntime
{
    [LoggerMessage(7101, LogLevel.Warning, "Orchestration {Orchestrator} {InstanceId} failed with {ErrorType}: {Message}")]
    private partial void LogFailed(string orchestrator, string instanceId, string errorType, string message);

    [LoggerMessage(7102, LogLevel.Information, "Orchestration {Orchestrator} {InstanceId} was terminated")]
    private partial void LogTerminated(string orchestrator, string instanceId);
}
