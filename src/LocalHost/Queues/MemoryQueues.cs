using System.Collections.Concurrent;

namespace HpoServerless.LocalHost.Queues;

/// <summary>The queues of this process by name.</summary>
internal sealed class MemoryQueues(TimeProvider time) : IQueueProvider
{
    private readonly ConcurrentDictionary<string, MemoryQueue> _queues = new();

    public MemoryQueue Named(string name) => _queues.GetOrAdd(name, n => new(n, this, time));

    public IMessageQueue Open(string name) => Named(name);
}
