namespace Microsoft.Azure.Functions.Worker;

[AttributeUsage(AttributeTargets.Method)]
public abstract class RetryAttribute : Attribute
{
    public RetryAttribute()
    {
    }

    public int MaxRetryCount { get; set; }

    /// <summary>Checks that <paramref name="value"/> is a time span of 0 or more.</summary>
    private protected static TimeSpan Interval(string value, string name) =>
        TimeSpan.TryParse(value, out TimeSpan span) && span >= TimeSpan.Zero
            ? span
            : throw new ArgumentOutOfRangeException(name, value, "An interval is a time span of 0 or more, written hh:mm:ss.");
}
