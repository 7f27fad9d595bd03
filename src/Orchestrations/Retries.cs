using Microsoft.DurableTask;

namespace HpoServerless.Orchestrations;

/// <summary>How activities are tried again.</summary>
internal static class Retries
{
    /// <summary>For what passes by itself: five tries within about a minute. What still fails then is left to the reconciler.</summary>
    public static TaskOptions Transient { get; } = TaskOptions.FromRetryPolicy(
        new RetryPolicy(maxNumberOfAttempts: 5, firstRetryInterval: TimeSpan.FromSeconds(1), backoffCoefficient: 2.5, maxRetryInterval: TimeSpan.FromSeconds(30)));
}
