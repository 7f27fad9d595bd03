using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>The PanDA server refused a request, or could not be reached.</summary>
/// <param name="status">HTTP status; 200 where the server said no in its answer, 0 where there was no answer.</param>
/// <param name="code">The server's own code, where it gave one.</param>
/// <param name="what">What was asked for.</param>
/// <param name="detail">What the server said, on one line and without secrets.</param>
/// <param name="innerException">The error behind it, if any.</param>
public sealed class PandaException(int status, int? code, string what, string detail, Exception? innerException = null)
    : HpoException($"PanDA {(status == 0 ? "did not do" : "refused")} {what}{(detail.Length == 0 ? string.Empty : $": {detail}")}", innerException)
{
    /// <summary>HTTP status; 200 where the server said no in its answer, 0 where there was no answer.</summary>
    public int Status { get; } = status;

    /// <summary>The server's own code, where it gave one.</summary>
    public int? Code { get; } = code;

    /// <summary>What the server said.</summary>
    public string Detail { get; } = detail;

    /// <summary>Overload, outages and trouble of its database pass. What is forbidden, unknown or wrong needs a person.</summary>
    public override RetryAdvice Retry =>
        Status is 0 or 408 or 429 or >= 500 || Detail.Contains("database error", StringComparison.OrdinalIgnoreCase) ? RetryAdvice.Backoff : RetryAdvice.Caller;
}
