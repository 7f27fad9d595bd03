namespace Microsoft.DurableTask.Client;

public enum OrchestrationRuntimeStatus
{
    Running = 0,
    Completed = 1,

    [Obsolete("Kept for old callers; no runtime reports it.")]
    ContinuedAsNew = 2,
    Failed = 3,

    [Obsolete("Kept for old callers; no runtime reports it.")]
    Canceled = 4,
    Terminated = 5,
    Pending = 6,
    Suspended = 7,
}
