namespace HpoServerless.Engine.Errors;

/// <summary>An error of this system. Its type says who may try again; HTTP statuses and queue handling are derived from that in one place.</summary>
public abstract class HpoException : Exception
{
    /// <summary>An error with a message that names the thing, the value and the rule.</summary>
    protected HpoException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Who may try again, and how.</summary>
    public abstract RetryAdvice Retry { get; }
}

/// <summary>Who may try an operation again after it failed.</summary>
public enum RetryAdvice
{
    /// <summary>Nobody: the same call fails again.</summary>
    Never,

    /// <summary>The caller, after it changed the request or looked at the present state.</summary>
    Caller,

    /// <summary>Anybody, after a growing pause: the cause passes by itself.</summary>
    Backoff,
}
