using Microsoft.DurableTask;

namespace HpoServerless.LocalHost.Durable;

/// <summary>External events of one generation: those nobody waited for yet, and those somebody waits for. First come, first served; names without regard to case.</summary>
internal sealed class EventBuffer
{
    private readonly List<InstanceMessage.EventRaised> _unprocessed = [];
    private readonly List<(string Event, IPendingTask Waiter)> _waiters = [];

    /// <summary>Events that no waiter took, in order of arrival.</summary>
    public IReadOnlyList<InstanceMessage.EventRaised> Unprocessed => _unprocessed;

    public bool HasWaiters => _waiters.Count > 0;

    /// <returns>False, and nothing is kept, if somebody waits for the event.</returns>
    public bool KeepForLater(InstanceMessage.EventRaised raised)
    {
        if (FirstWaiter(raised.Name) >= 0)
        {
            return false;
        }

        _unprocessed.Add(raised);
        return true;
    }

    /// <summary>Hands an event to the first who waits for it; there must be one.</summary>
    public void Deliver(InstanceMessage.EventRaised raised, DataConverter converter)
    {
        int first = FirstWaiter(raised.Name);
        IPendingTask waiter = _waiters[first].Waiter;
        _waiters.RemoveAt(first);
        waiter.Complete(raised.Payload, converter);
    }

    /// <summary>Takes the oldest unprocessed event of a name.</summary>
    public InstanceMessage.EventRaised? TryTake(string name)
    {
        int first = _unprocessed.FindIndex(e => SameName(e.Name, name));
        if (first < 0)
        {
            return null;
        }

        InstanceMessage.EventRaised taken = _unprocessed[first];
        _unprocessed.RemoveAt(first);
        return taken;
    }

    public void AddWaiter(string name, IPendingTask waiter) => _waiters.Add((name, waiter));

    public void RemoveWaiter(IPendingTask waiter) => _waiters.RemoveAll(w => ReferenceEquals(w.Waiter, waiter));

    private int FirstWaiter(string name) => _waiters.FindIndex(w => SameName(w.Event, name));

    private static bool SameName(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
