using System.Collections.Immutable;

namespace HpoServerless.Engine.Errors;

/// <summary>An input breaks one or more rules. Carries all of them, and nothing was changed.</summary>
public sealed class InvalidInputException : HpoException
{
    /// <summary>One or more faults.</summary>
    /// <exception cref="ArgumentException"><paramref name="faults"/> is empty.</exception>
    public InvalidInputException(params ImmutableArray<Fault> faults)
        : base(string.Join("\n", faults))
    {
        if (faults.IsDefaultOrEmpty)
        {
            throw new ArgumentException("at least one fault is needed", nameof(faults));
        }

        Faults = faults;
    }

    /// <summary>Everything that is wrong, in document order; at least one.</summary>
    public ImmutableArray<Fault> Faults { get; }

    /// <inheritdoc/>
    public override RetryAdvice Retry => RetryAdvice.Caller;
}
