using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Entries;

namespace HpoServerless.LocalHost.Queues;

/// <summary>Trial messages in this process, as text, so that the functions read here what they read in the cloud.</summary>
internal sealed class MemoryTrialQueue(MemoryQueues queues) : ITrialQueue
{
    private readonly MemoryQueue _queue = queues.Named(TrialQueue.QueueName);

    public Task SendAsync(ImmutableArray<TrialMessage> messages, CancellationToken cancellation)
    {
        foreach (TrialMessage message in messages)
        {
            _queue.Send(JsonSerializer.Serialize(message, EngineJson.Options));
        }

        return Task.CompletedTask;
    }
}
