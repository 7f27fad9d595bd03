using HpoServerless.Engine.Errors;

namespace HpoServerless.Functions.Access;

/// <summary>The caller is known and may not do this.</summary>
/// <param name="message">Who may not do what, and what to do about it.</param>
public sealed class ForbiddenException(string message) : HpoException(message)
{
    /// <inheritdoc/>
    public override RetryAdvice Retry => RetryAdvice.Never;
}
