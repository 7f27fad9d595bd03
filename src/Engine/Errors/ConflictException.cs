namespace HpoServerless.Engine.Errors;

/// <summary>The request does not fit the present state of the thing: it exists already with another content, or it has moved on.</summary>
/// <param name="kind">What kind of thing, in the vocabulary of the glossary.</param>
/// <param name="id">Its name or number.</param>
/// <param name="rule">What stands in the way, as the end of a sentence that begins with the thing ("exists already with another definition").</param>
public sealed class ConflictException(string kind, string id, string rule) : HpoException($"{kind} '{id}' {rule}")
{
    /// <summary>What kind of thing it is.</summary>
    public string Kind { get; } = kind;

    /// <summary>Its name or number.</summary>
    public string Id { get; } = id;

    /// <summary>What stands in the way.</summary>
    public string Rule { get; } = rule;

    /// <inheritdoc/>
    public override RetryAdvice Retry => RetryAdvice.Caller;
}
