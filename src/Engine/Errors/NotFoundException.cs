namespace HpoServerless.Engine.Errors;

/// <summary>The thing that was asked for does not exist.</summary>
/// <param name="kind">What kind of thing, in the vocabulary of the glossary (for example <c>experiment</c>).</param>
/// <param name="id">Its name or number, as asked for.</param>
public sealed class NotFoundException(string kind, string id) : HpoException($"{kind} '{id}' does not exist")
{
    /// <summary>What kind of thing is missing.</summary>
    public string Kind { get; } = kind;

    /// <summary>The name or number that was asked for.</summary>
    public string Id { get; } = id;

    /// <inheritdoc/>
    public override RetryAdvice Retry => RetryAdvice.Caller;
}
