using HpoServerless.Adapters.Executors.Machine;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Hands segments to slots, at most so many at the same time; a slot keeps its worker warm from one segment to the next.</summary>
/// <remarks>
/// First come, first served, except that segments may overtake others a limited number of times: those whose scripts a free worker has loaded,
/// and those for which there is enough of the machine.
/// </remarks>
/// <param name="maxSlots">Slots at most.</param>
/// <param name="idleTimeout">After how long without work a slot ends.</param>
/// <param name="time">The clock.</param>
/// <param name="runner">Runs the segments.</param>
/// <param name="shares">What of the machine is given out; null for nothing.</param>
internal sealed class WorkerPool(int maxSlots, TimeSpan idleTimeout, TimeProvider time, SegmentRunner runner, MachineShares? shares = null) : IAsyncDisposable
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

    /// <summary>Runs a segment as soon as a slot is free, and what it needs of the machine.</summary>
    public void Enqueue(SegmentRun run)
    {
        lock (_gate)
        {
            if (!_ending)
            {
                _waiting.AddLast(run);
                HandOut();
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
        for (SegmentRun? run = first; run is not null; run = await TakeAsync(slot, run))
        {
            slot.Worker = await runner.RunAsync(run, slot.Worker);
        }

        if (slot.Worker is { } left)
        {
            await left.DisposeAsync();
        }
    }

    /// <summary>The next segment for a slot; null when the slot is to end.</summary>
    private async Task<SegmentRun?> TakeAsync(Slot slot, SegmentRun last)
    {
        Task<SegmentRun?> next;
        lock (_gate)
        {
            if (last.Share is { } share)
            {
                shares!.GiveBack(share); // the worker is gone, or fits only who gets the same again
            }

            if (_ending)
            {
                return null;
            }

            slot.Next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            next = slot.Next.Task;
            _idle.Add(slot);
            HandOut();
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

    /// <summary>Starts what can be started.</summary>
    private void HandOut()
    {
        while (_waiting.Count > 0 && (_idle.Count > 0 || _slots.Count < maxSlots) && (TryHandOut(anyWorker: false) || TryHandOut(anyWorker: true)))
        {
            // The oldest have precedence in all that is left.
        }
    }

    /// <summary>Starts one segment, the oldest that may be.</summary>
    /// <param name="anyWorker">Also in place of a warm worker that has other scripts loaded.</param>
    private bool TryHandOut(bool anyWorker)
    {
        LinkedListNode<SegmentRun>? after;
        for (LinkedListNode<SegmentRun>? node = _waiting.First; node is not null; node = after)
        {
            after = node.Next;
            SegmentRun run = node.Value;
            if (run.IsTaken)
            {
                _waiting.Remove(node); // ended before it ran
                continue;
            }

            int place = _idle.FindLastIndex(slot => slot.Worker?.Scripts == run.Scripts);
            if (place < 0 && _slots.Count >= maxSlots)
            {
                if (!anyWorker && MayPass(run))
                {
                    continue;
                }

                place = _idle.Count - 1;
            }

            if (HasEnoughFor(run, place < 0 ? null : _idle[place].Worker))
            {
                Start(node, place);
                return true;
            }

            if (!MayPass(run))
            {
                return false;
            }
        }

        return false;
    }

    private bool HasEnoughFor(SegmentRun run, TrialWorker? worker) =>
        shares is null || (run.Share = shares.Take(run.Work.Definition.Limits, (worker?.Place as LocalPlace)?.Share)) is not null;

    private void Start(LinkedListNode<SegmentRun> node, int place)
    {
        for (LinkedListNode<SegmentRun>? older = node.Previous; older is not null; older = older.Previous)
        {
            older.Value.PassedOver++;
        }

        _waiting.Remove(node);
        if (place >= 0)
        {
            Slot idle = _idle[place];
            _idle.RemoveAt(place);
            idle.Next.SetResult(node.Value);
        }
        else
        {
            Slot slot = new();
            _slots.Add(slot);
            slot.Serving = Task.Run(() => ServeAsync(slot, node.Value));
        }
    }

    /// <summary>Whether segments that came later may be started before one.</summary>
    private static bool MayPass(SegmentRun run) => run.PassedOver < MaxPassedOver;

    private sealed class Slot
    {
        public TrialWorker? Worker { get; set; }

        public Task Serving { get; set; } = Task.CompletedTask;

        public TaskCompletionSource<SegmentRun?> Next { get; set; } = new();
    }
}
