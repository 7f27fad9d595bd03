using System.Collections.Concurrent;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Durable;

/// <summary>All instances by id, the finished ones up to a limit.</summary>
internal sealed class InstanceStore(int maxFinished)
{
    private readonly ConcurrentDictionary<string, OrchestrationInstance> _instances = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<OrchestrationInstance> _finished = new();

    public IEnumerable<OrchestrationInstance> All => _instances.Select(pair => pair.Value);

    public OrchestrationInstance? Find(string id) => _instances.GetValueOrDefault(id);

    /// <summary>Adds an instance, in place of a finished one of its id, and starts it.</summary>
    /// <param name="instance">New instance.</param>
    /// <param name="dedupeStatuses">Final statuses that are not replaced.</param>
    /// <param name="notBefore">When to start it; null: now.</param>
    /// <exception cref="ArgumentException">The id is not legal.</exception>
    /// <exception cref="InvalidOperationException">An instance of the id exists and may not be replaced.</exception>
    public void Start(OrchestrationInstance instance, IReadOnlyList<string>? dedupeStatuses = null, DateTimeOffset? notBefore = null)
    {
        InstanceIds.Check(instance.Id);
        while (!_instances.TryAdd(instance.Id, instance))
        {
            if (Find(instance.Id) is not { } existing)
            {
                continue;
            }

            OrchestrationRuntimeStatus status = existing.Status;
            if (!existing.IsFinished || dedupeStatuses?.Contains(status.ToString(), StringComparer.OrdinalIgnoreCase) == true)
            {
                throw new InvalidOperationException($"An orchestration with the id '{instance.Id}' already exists and is {status}.");
            }

            if (_instances.TryUpdate(instance.Id, instance, existing))
            {
                break;
            }
        }

        instance.Start(notBefore);
    }

    /// <summary>Notes an end, and forgets the oldest ones beyond the limit.</summary>
    public void OnFinished(OrchestrationInstance instance)
    {
        _finished.Enqueue(instance);
        while (_finished.Count > maxFinished && _finished.TryDequeue(out OrchestrationInstance? oldest))
        {
            _ = Remove(oldest);
        }
    }

    /// <returns>False if it had been purged or replaced before.</returns>
    public bool Remove(OrchestrationInstance instance) => _instances.TryRemove(KeyValuePair.Create(instance.Id, instance));

    /// <summary>An instance and, if asked for, all that descend from it.</summary>
    public IEnumerable<OrchestrationInstance> Family(OrchestrationInstance root, bool withDescendants) => withDescendants
        ? All.Where(i => i.ParentId == root.Id).SelectMany(child => Family(child, withDescendants: true)).Prepend(root)
        : [root];
}
