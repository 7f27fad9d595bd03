using Microsoft.DurableTask;

namespace HpoServerless.LocalHost.Durable;

/// <summary>Failures as the durable backends describe them.</summary>
internal static class Failures
{
    private const string ActivityNotFoundType = "ActivityTaskNotFound";
    private const string OrchestratorNotFoundType = "OrchestratorTaskNotFound";

    /// <summary>Describes an exception and its causes. The cause of a <see cref="TaskFailedException"/> is the failure of the task it reports.</summary>
    public static TaskFailureDetails Describe(Exception exception)
    {
        TaskFailureDetails? inner = exception switch
        {
            TaskFailedException failed => failed.FailureDetails,
            { InnerException: { } cause } => Describe(cause),
            _ => null,
        };
        return new TaskFailureDetails(exception.GetType().ToString(), exception.Message, exception.StackTrace, inner, Properties: null);
    }

    public static TaskFailureDetails ActivityNotFound(string name) =>
        new(ActivityNotFoundType, $"No activity task named '{name}' was found.", StackTrace: null, InnerFailure: null, Properties: null);

    public static TaskFailureDetails OrchestratorNotFound(string name) =>
        new(OrchestratorNotFoundType, $"No orchestrator task named '{name}' was found.", StackTrace: null, InnerFailure: null, Properties: null);

    public static TaskFailureDetails Terminated(string instanceId) =>
        new("OrchestrationTerminated", $"Orchestration '{instanceId}' was terminated.", StackTrace: null, InnerFailure: null, Properties: null);

    /// <summary>False for what a second attempt cannot mend: the code that was called does not exist.</summary>
    public static bool IsWorthRetrying(TaskFailureDetails details) => details.ErrorType is not (ActivityNotFoundType or OrchestratorNotFoundType);
}
