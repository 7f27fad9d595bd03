using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>The Batch service refused a request, or could not be reached.</summary>
/// <param name="status">HTTP status; 0 where there was no answer.</param>
/// <param name="code">The service's own code (for example <c>JobNotFound</c>).</param>
/// <param name="what">What was asked for.</param>
/// <param name="detail">What the service said, on one line.</param>
/// <param name="innerException">The error behind it, if any.</param>
public sealed class BatchException(int status, string code, string what, string detail, Exception? innerException = null)
    : HpoException($"Batch refused {what}: {code}{(detail.Length == 0 ? string.Empty : $": {detail}")}", innerException)
{
    /// <summary>HTTP status; 0 where there was no answer.</summary>
    public int Status { get; } = status;

    /// <summary>The service's own code.</summary>
    public string Code { get; } = code;

    /// <summary>Overload and outages pass, and so does a full quota of jobs: others end. What is forbidden or does not exist needs a person.</summary>
    public override RetryAdvice Retry => Status is 0 or 408 or 429 or >= 500 || Code == BatchCodes.JobQuotaReached ? RetryAdvice.Backoff : RetryAdvice.Caller;
}
