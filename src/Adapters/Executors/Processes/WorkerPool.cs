namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Hands segments to slots, at most so many at the same time; a slot keeps its worker warm from one segment to the next.</summary>
/// <remarks>
/// First come, first served, except that a segment whose scripts a free worker has loaded may overtake others a limited number of times.
/// </remarks>
internal sealed class WorkerPool(int maxSlots, TimeSpan idleTimeout, TimeProvider time, SegmentRunner runner) : IAsyncDisposable
{
    private const int MaxPassedOver = 16;

    private readonly Lock _gate = new();
    private readonly LinkedList<SegmentRun> _waiting = [];
    private readonly HashSet<Slot> _slots = [];
    private readonly List<Slot> _idle = []; // the last one worked last
    private bool _ending;

    /// <summary>Slots that have or get a worker.</summary>
    public int SlotCount
    {
        get
        {
            lock (_gate)
            {
                return _slots.Count;
            }
        }
    }

    /// <summary>Runs a segment as soon as a slot is free.</summary>
    public void Enqueue(SegmentRun run)
    {
        lock (_gate)
        {
            if (_ending)
            {
                return;
            }

            int place = _idle.FindLastIndex(slot => slot.Worker?.Scripts == run.Scripts);
            if (place < 0 && _slots.Count >= maxSlots)
            {
                place = _idle.Count - 1;
            }

            if (place >= 0)
            {
                Slot slot = _idle[place];
                _idle.RemoveAt(place);
                slot.Next.SetResult(run);
            }
            else if (_slots.Count < maxSlots)
            {
                Slot slot = new();
                _slots.Add(slot);
                slot.Serving = Task.Run(() => ServeAsync(slot, run));
            }
            else
            {
                _waiting.AddLast(run);
            }
        }
    }

    /// <summary>Ends all workers. Segments that run must have been abandoned before.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] serving;
        lock (_gate)
        {
            _ending = true;
            _waiting.Clear();
            _idle.ForEach(slot => slot.Next.SetResult(null));
            _idle.Clear();
            serving = [.. _slots.Select(slot => slot.Serving)];
        }

        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(Slot slot, SegmentRun first)
    {
        for (SegmentRun? run = first; run is not null; run = await TakeAsync(slot))
        {
            slot.Worker = await runner.RunAsync(run, slot.Worker);
        }

        if (slot.Worker is { } left)
        {
            await left.DisposeAsync();
        }
    }

    /// <summary>The next segment for a slot; null when the slot is to end.</summary>
    private async Task<SegmentRun?> TakeAsync(Slot slot)
    {
        Task<SegmentRun?> next;
        lock (_gate)
        {
            if (_ending)
            {
                return null;
            }

            if (_waiting.First is { } oldest)
            {
                return Choose(oldest, slot.Worker?.Scripts);
            }

            slot.Next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            next = slot.Next.Task;
            _idle.Add(slot);
        }

        try
        {
            return await next.WaitAsync(idleTimeout, time);
        }
        catch (TimeoutException)
        {
            lock (_gate)
            {
                if (_idle.Remove(slot))
                {
                    _slots.Remove(slot);
                    return null;
                }
            }

            return await next; // given work at the last moment
        }
    }

    private SegmentRun Choose(LinkedListNode<SegmentRun> oldest, string? scripts)
    {
        LinkedListNode<SegmentRun>? chosen = oldest;
        if (oldest.Value.PassedOver < MaxPassedOver)
        {
            while (chosen is not null && chosen.Value.Scripts != scripts)
            {
                chosen = chosen.Next;
            }
        }

        chosen ??= oldest;
        oldest.Value.PassedOver += chosen == oldest ? 0 : 1;
        _waiting.Remove(chosen);
        return chosen.Value;
    }

    private sealed class Slot
    {
        public PythonWorker? Worker { get; set; }

        public Task Serving { get; set; } = Task.CompletedTask;

        public TaskCompletionSource<SegmentRun?> Next { get; set; } = new();
    }
}
