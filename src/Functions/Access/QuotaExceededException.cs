using System.Collections.Immutable;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Functions.Access;

/// <summary>A user would have more than it may.</summary>
/// <param name="faults">Each quota that is in the way: its name, what there would be, and the limit.</param>
public sealed class QuotaExceededException(params ImmutableArray<Fault> faults) : HpoException(string.Join("\n", faults))
{
    /// <summary>Each quota that is in the way.</summary>
    public ImmutableArray<Fault> Faults { get; } = faults;

    /// <inheritdoc/>
    public override RetryAdvice Retry => RetryAdvice.Caller;
}
