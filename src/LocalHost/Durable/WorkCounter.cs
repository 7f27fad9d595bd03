namespace HpoServerless.LocalHost.Durable;

/// <summary>Counts work under way and tells when there is none.</summary>
internal sealed class WorkCounter
{
    private readonly Lock _gate = new();
    private long _count;
    private TaskCompletionSource? _zero;

    public void Enter() => Interlocked.Increment(ref _count);

    public void Exit()
    {
        if (Interlocked.Decrement(ref _count) == 0 && Volatile.Read(ref _zero) is not null)
        {
            Release();
        }
    }

    /// <summary>Completes when nothing is under way: at once, or at the next moment this is so.</summary>
    public Task WhenZero()
    {
        Task zero;
        lock (_gate)
        {
            zero = (_zero ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        if (Interlocked.Read(ref _count) == 0)
        {
            Release();
        }

        return zero;
    }

    private void Release()
    {
        lock (_gate)
        {
            _zero?.TrySetResult();
            _zero = null;
        }
    }
}
