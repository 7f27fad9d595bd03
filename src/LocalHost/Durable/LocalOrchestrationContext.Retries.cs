using Microsoft.DurableTask;

namespace HpoServerless.LocalHost.Durable;

internal sealed partial class LocalOrchestrationContext
{
    private Task<T> WithRetries<T>(Func<PendingTask<T>> begin, TaskRetryOptions? retry)
    {
        if (retry is null)
        {
            return begin().Task;
        }

        Task<T> task = RetryAsync(() => begin().Task, retry);
        _ = task.ContinueWith(
            static t => _ = t.Exception, // seen: an orchestrator may leave a task unawaited
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return task;
    }

    private async Task<T> RetryAsync<T>(Func<Task<T>> call, TaskRetryOptions retry)
    {
        DateTime firstAttempt = _now;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException failure) when (Failures.IsWorthRetrying(failure.FailureDetails))
            {
                bool again = retry.Handler is { } handler
                    ? await handler(new RetryContext(this, attempt, failure.FailureDetails, _now - firstAttempt, CancellationToken.None))
                    : await PauseAsync(retry.Policy!, attempt, firstAttempt);
                if (!again)
                {
                    throw;
                }
            }
        }
    }

    /// <returns>False if the policy allows no further attempt.</returns>
    private async Task<bool> PauseAsync(RetryPolicy policy, int attempt, DateTime firstAttempt)
    {
        bool isLate = policy.RetryTimeout != Timeout.InfiniteTimeSpan && _now - firstAttempt >= policy.RetryTimeout;
        if (attempt >= policy.MaxNumberOfAttempts || isLate)
        {
            return false;
        }

        // Compared as numbers: the power leaves the range of TimeSpan early.
        double milliseconds = policy.FirstRetryInterval.TotalMilliseconds * Math.Pow(policy.BackoffCoefficient, attempt - 1);
        bool isCapped = policy.MaxRetryInterval != Timeout.InfiniteTimeSpan && milliseconds >= policy.MaxRetryInterval.TotalMilliseconds;
        await CreateTimer(_now + (isCapped ? policy.MaxRetryInterval : TimeSpan.FromMilliseconds(milliseconds)), CancellationToken.None);
        return true;
    }
}
