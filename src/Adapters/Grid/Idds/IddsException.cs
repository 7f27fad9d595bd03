using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Idds;

/// <summary>iDDS refused a request, or could not be reached.</summary>
/// <param name="status">HTTP status; 0 where there was no answer.</param>
/// <param name="kind">The server's name of the error, where it gave one.</param>
/// <param name="what">What was asked for.</param>
/// <param name="detail">What the server said, on one line and without secrets.</param>
/// <param name="innerException">The error behind it, if any.</param>
public sealed class IddsException(int status, string? kind, string what, string detail, Exception? innerException = null)
    : HpoException($"iDDS {(status == 0 ? "did not do" : "refused")} {what}{(kind is null ? string.Empty : $" ({kind})")}{(detail.Length == 0 ? string.Empty : $": {detail}")}", innerException)
{
    /// <summary>HTTP status; 0 where there was no answer.</summary>
    public int Status { get; } = status;

    /// <summary>The server's name of the error, where it gave one.</summary>
    public string? Kind { get; } = kind;

    /// <summary>Overload and outages pass; an error inside iDDS (500) is mostly about what was asked.</summary>
    public override RetryAdvice Retry => Status is 0 or 408 or 429 or 502 or 503 or 504 ? RetryAdvice.Backoff : RetryAdvice.Caller;
}
