using System.Collections.Concurrent;
using HpoServerless.LocalHost.Queues;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.LocalHost.Tests.Hosting;

/// <summary>What holds for a queue and its listener, wherever the messages are.</summary>
public abstract class MessageQueueContract
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>A queue of a new name with its poison queue, and how to send to it.</summary>
    private protected abstract Task<(IMessageQueue Queue, IMessageQueue Poison, Func<string, Task> SendAsync)> CreateAsync();

    [Fact]
    public async Task Every_message_is_carried_out()
    {
        (IMessageQueue queue, _, Func<string, Task> send) = await CreateAsync();
        ConcurrentDictionary<string, int> seen = new();
        string[] sent = [.. Enumerable.Range(0, 50).Select(i => $"message {i} \u00fc")];
        await Task.WhenAll(sent.Select(send));

        await ListenAsync(queue, text => seen.AddOrUpdate(text, 1, (_, n) => n + 1), () => seen.Count == sent.Length);

        Assert.Equal(sent.Order(), seen.Keys.Order());
        Assert.All(seen.Values, n => Assert.Equal(1, n));
    }

    [Fact]
    public async Task Failed_message_comes_again_until_it_succeeds()
    {
        (IMessageQueue queue, _, Func<string, Task> send) = await CreateAsync();
        int tries = 0;
        bool done = false;
        await send("x");

        await ListenAsync(
            queue,
            _ =>
            {
                if (++tries < 3)
                {
                    throw new InvalidOperationException("not yet");
                }

                done = true;
            },
            () => done);

        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task Message_that_fails_too_often_goes_to_the_poison_queue_and_hurts_no_other()
    {
        (IMessageQueue queue, IMessageQueue poison, Func<string, Task> send) = await CreateAsync();
        int tries = 0;
        ConcurrentBag<string> good = [];
        ConcurrentBag<string> poisoned = [];
        await send("bad");
        await send("good");

        using CancellationTokenSource stop = new(Patience);
        Task listening = Listener(queue, text =>
        {
            if (text == "bad")
            {
                Interlocked.Increment(ref tries);
                throw new InvalidOperationException("never");
            }

            good.Add(text);
        }).RunAsync(stop.Token, CancellationToken.None);
        await ListenAsync(poison, poisoned.Add, () => !poisoned.IsEmpty);
        await stop.CancelAsync();
        await listening;

        Assert.Equal(["bad"], poisoned);
        Assert.Equal(["good"], good);
        Assert.Equal(QueueListener.MaxDequeueCount, tries);
    }

    [Fact]
    public async Task Stopping_finishes_what_was_begun()
    {
        (IMessageQueue queue, _, Func<string, Task> send) = await CreateAsync();
        using CancellationTokenSource stop = new();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool finished = false;
        await send("x");

        QueueListener listener = new(
            queue,
            async (_, _) =>
            {
                begun.SetResult();
                await goOn.Task;
                finished = true;
            },
            TimeProvider.System,
            NullLogger<QueueListener>.Instance);
        Task listening = listener.RunAsync(stop.Token, CancellationToken.None);
        await begun.Task.WaitAsync(Patience);
        await stop.CancelAsync();
        Assert.False(listening.IsCompleted);
        goOn.SetResult();
        await listening.WaitAsync(Patience);

        Assert.True(finished);
    }

    private protected static async Task ListenAsync(IMessageQueue queue, Action<string> carryOut, Func<bool> until)
    {
        using CancellationTokenSource stop = new(Patience);
        Task listening = Listener(queue, carryOut).RunAsync(stop.Token, CancellationToken.None);
        while (!until())
        {
            await Task.Delay(10, stop.Token);
        }

        await stop.CancelAsync();
        await listening;
    }

    private static QueueListener Listener(IMessageQueue queue, Action<string> carryOut) => new(
        queue,
        (text, _) =>
        {
            carryOut(text);
            return Task.CompletedTask;
        },
        TimeProvider.System,
        NullLogger<QueueListener>.Instance);
}
