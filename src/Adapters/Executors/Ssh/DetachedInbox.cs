using System.Buffers;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>What is said to a kept worker: lines wait here until a visit brings them to its inbox.</summary>
internal sealed class DetachedInbox : IDisposable
{
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Lock _gate = new();
    private Parcel _next = new();
    private Parcel _underWay = new();
    private bool _refuses;

    /// <summary>How many bytes were brought.</summary>
    public long At { get; set; }

    /// <summary>Takes a line. The task ends when it was brought, and faults where the worker is gone.</summary>
    public Task WriteAsync(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            if (_refuses)
            {
                return Task.FromException(Gone());
            }

            _next.Lines.Write(line);
            _wake.Release();
            return _next.Brought.Task;
        }
    }

    /// <summary>Waits for the next line, or until a visit is wanted without one.</summary>
    /// <returns>Whether it came in time.</returns>
    public Task<bool> WaitAsync(TimeSpan patience, CancellationToken cancellation) => _wake.WaitAsync(patience, cancellation);

    /// <summary>A visit is wanted.</summary>
    public void Wake() => _wake.Release();

    /// <summary>What is to be brought: what could not be brought the last time, else what was said since.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        lock (_gate)
        {
            if (_underWay.Brought.Task.IsCompleted || _underWay.Lines.WrittenCount == 0)
            {
                (_underWay, _next) = (_next, new());
            }

            return _underWay.Lines.WrittenMemory;
        }
    }

    /// <summary>What was taken was brought.</summary>
    public void Bring()
    {
        At += _underWay.Lines.WrittenCount;
        _underWay.Brought.TrySetResult();
    }

    /// <summary>The worker is gone: nothing is brought any more.</summary>
    public void Refuse()
    {
        lock (_gate)
        {
            _refuses = true;
            _next.Refuse();
            _underWay.Refuse();
        }
    }

    public void Dispose() => _wake.Dispose();

    private static IOException Gone() => new("the worker is gone");

    /// <summary>Lines that are brought together.</summary>
    private sealed class Parcel
    {
        public ArrayBufferWriter<byte> Lines { get; } = new();

        public TaskCompletionSource Brought { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Refuse()
        {
            Brought.TrySetException(Gone());
            _ = Brought.Task.Exception; // maybe nobody waits for it
        }
    }
}
