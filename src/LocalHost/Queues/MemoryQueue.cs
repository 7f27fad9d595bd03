using System.Collections.Immutable;
using System.Threading.Channels;

namespace HpoServerless.LocalHost.Queues;

/// <summary>A queue in this process. Messages end with the process; the reconciler sends again what is missing after a restart.</summary>
internal sealed class MemoryQueue(string name, MemoryQueues queues, TimeProvider time) : IMessageQueue
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly Channel<MemoryMessage> _waiting = Channel.CreateUnbounded<MemoryMessage>();

    public string Name { get; } = name;

    public void Send(string text) => _waiting.Writer.TryWrite(new(text, 0));

    public async Task<ImmutableArray<ReceivedMessage>> ReceiveAsync(int max, CancellationToken cancellation)
    {
        ImmutableArray<ReceivedMessage>.Builder received = ImmutableArray.CreateBuilder<ReceivedMessage>();
        MemoryMessage first = await _waiting.Reader.ReadAsync(cancellation);
        received.Add(first with { DequeueCount = first.DequeueCount + 1 });
        while (received.Count < max && _waiting.Reader.TryRead(out MemoryMessage? next))
        {
            received.Add(next with { DequeueCount = next.DequeueCount + 1 });
        }

        return received.ToImmutable();
    }

    public Task RemoveAsync(ReceivedMessage message, CancellationToken cancellation) => Task.CompletedTask;

    public async Task ReturnAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        await Task.Delay(PauseAfterFailure, time, cancellation);
        _waiting.Writer.TryWrite((MemoryMessage)message);
    }

    public Task PoisonAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        queues.Named(Name + ReceivedMessage.PoisonSuffix).Send(message.Text);
        return Task.CompletedTask;
    }

    public Task HoldAsync(ReceivedMessage message, CancellationToken cancellation) => Task.CompletedTask;

    private sealed record MemoryMessage(string Text, long DequeueCount) : ReceivedMessage(Text, DequeueCount);
}
