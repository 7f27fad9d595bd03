using HpoServerless.LocalHost.Queues;

namespace HpoServerless.LocalHost.Tests.Hosting;

public sealed class MemoryQueueTests : MessageQueueContract
{
    private protected override Task<(IMessageQueue Queue, IMessageQueue Poison, Func<string, Task> SendAsync)> CreateAsync()
    {
        MemoryQueues queues = new(TimeProvider.System);
        MemoryQueue queue = queues.Named("q");
        return Task.FromResult<(IMessageQueue, IMessageQueue, Func<string, Task>)>((queue, queues.Named("q-poison"), text =>
        {
            queue.Send(text);
            return Task.CompletedTask;
        }
        ));
    }
}
