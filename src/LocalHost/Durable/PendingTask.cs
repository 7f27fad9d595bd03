using Microsoft.DurableTask;

namespace HpoServerless.LocalHost.Durable;

/// <summary>A durable task the orchestrator may be awaiting.</summary>
internal interface IPendingTask
{
    /// <summary>What failed, for the exception; empty for a timer.</summary>
    string Name { get; }

    void Complete(string? json, DataConverter converter);

    void Fail(Exception exception);
}

/// <summary>A durable task with a result. Completed only within a turn, so its awaiter continues there and then.</summary>
/// <typeparam name="T">Type of the result; <see cref="NoResult"/> where it is of no interest.</typeparam>
internal sealed class PendingTask<T>(string name) : TaskCompletionSource<T>, IPendingTask
{
    private CancellationTokenRegistration _cancellation;

    public string Name => name;

    public void OnCancelled(Action cancel, CancellationToken token) => _cancellation = token.UnsafeRegister(static state => ((Action)state!)(), cancel);

    public void Complete(string? json, DataConverter converter)
    {
        _cancellation.Dispose();
        T result = default!;
        if (json is not null && typeof(T) != typeof(NoResult))
        {
            try
            {
                result = converter.Deserialize<T>(json)!;
            }
            catch (Exception unreadable)
            {
                Fail(unreadable);
                return;
            }
        }

        TrySetResult(result);
    }

    public void Fail(Exception exception)
    {
        _cancellation.Dispose();
        TrySetException(exception);
        _ = Task.Exception; // seen: an orchestrator may leave a task unawaited
    }
}

/// <summary>Result of tasks that have none.</summary>
internal readonly record struct NoResult;
