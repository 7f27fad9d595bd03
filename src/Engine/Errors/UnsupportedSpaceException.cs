namespace HpoServerless.Engine.Errors;

/// <summary>A search algorithm cannot search the space it was given.</summary>
/// <param name="algorithm">Registered name of the algorithm.</param>
/// <param name="rule">What it needs and what it got ("needs at most 12 parameters, the space has 13").</param>
public sealed class UnsupportedSpaceException(string algorithm, string rule) : HpoException($"algorithm '{algorithm}' {rule}")
{
    /// <summary>Registered name of the algorithm.</summary>
    public string Algorithm { get; } = algorithm;

    /// <inheritdoc/>
    public override RetryAdvice Retry => RetryAdvice.Never;
}
