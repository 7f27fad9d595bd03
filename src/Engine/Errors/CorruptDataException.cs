namespace HpoServerless.Engine.Errors;

/// <summary>Stored data breaks its own rules (not merely torn at the end). A person must look; nothing was changed.</summary>
/// <param name="where">The file, blob or row, and the place in it.</param>
/// <param name="rule">What it should have been.</param>
/// <param name="innerException">The error behind it, if any.</param>
public sealed class CorruptDataException(string where, string rule, Exception? innerException = null)
    : HpoException($"{where} is damaged: {rule}", innerException)
{
    /// <summary>The file, blob or row, and the place in it.</summary>
    public string Where { get; } = where;

    /// <inheritdoc/>
    public override RetryAdvice Retry => RetryAdvice.Never;
}
