namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>Error codes of the Batch service that decide something here.</summary>
internal static class BatchCodes
{
    public const string JobBeingDeleted = "JobBeingDeleted";
    public const string JobCompleted = "JobCompleted";
    public const string JobExists = "JobExists";
    public const string JobNotFound = "JobNotFound";
    public const string JobQuotaReached = "ActiveJobAndScheduleQuotaReached";
    public const string JobTerminating = "JobTerminating";
    public const string TaskEnded = "TaskEnded";
    public const string TaskExists = "TaskExists";

    /// <summary>Whether a job takes no tasks, now or ever again.</summary>
    public static bool IsClosedJob(string code) => code is JobNotFound or JobBeingDeleted or JobCompleted or JobTerminating;
}
