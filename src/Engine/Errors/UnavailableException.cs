namespace HpoServerless.Engine.Errors;

/// <summary>A service or device that is needed does not answer now. Trying again later is right.</summary>
/// <param name="service">Which one (for example <c>table storage</c>).</param>
/// <param name="detail">What it said.</param>
/// <param name="innerException">The error behind it, if any.</param>
public sealed class UnavailableException(string service, string detail, Exception? innerException = null)
    : HpoException($"{service} is unavailable: {detail}", innerException)
{
    /// <summary>Which service or device.</summary>
    public string Service { get; } = service;

    /// <inheritdoc/>
    public override RetryAdvice Retry => RetryAdvice.Backoff;
}
