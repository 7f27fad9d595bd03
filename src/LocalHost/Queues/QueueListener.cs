using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost.Queues;

/// <summary>Feeds one queue to one function: in parallel, at least once, and to the poison queue what failed too often.</summary>
internal sealed partial class QueueListener(IMessageQueue queue, Func<string, CancellationToken, Task> function, TimeProvider time, ILogger<QueueListener> logger)
{
    /// <summary>Messages that are received and carried out together.</summary>
    public const int BatchSize = 16;

    /// <summary>How often a message is tried.</summary>
    public const int MaxDequeueCount = 5;

    private static readonly TimeSpan PauseAfterOutage = TimeSpan.FromSeconds(2);

    /// <summary>Listens until it is told to stop, and finishes what it began.</summary>
    /// <param name="stopping">Nothing more is received.</param>
    /// <param name="aborting">What runs has to end.</param>
    public async Task RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                ImmutableArray<ReceivedMessage> batch = await queue.ReceiveAsync(BatchSize, stopping);
                await Task.WhenAll(batch.Select(message => CarryOutAsync(message, aborting)));
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogOutage(error, queue.Name);
                await PauseAsync(stopping);
            }
        }
    }

    private async Task CarryOutAsync(ReceivedMessage message, CancellationToken aborting)
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(aborting);
        Task hold = queue.HoldAsync(message, done.Token);
        bool succeeded = await TryAsync(message, aborting);
        await done.CancelAsync();
        await hold;
        if (succeeded)
        {
            await queue.RemoveAsync(message, aborting);
        }
        else if (message.DequeueCount >= MaxDequeueCount)
        {
            await queue.PoisonAsync(message, aborting);
            LogPoison(queue.Name, message.DequeueCount);
        }
        else
        {
            await queue.ReturnAsync(message, aborting);
        }
    }

    private async Task<bool> TryAsync(ReceivedMessage message, CancellationToken aborting)
    {
        try
        {
            if (message.DequeueCount <= MaxDequeueCount)
            {
                await function(message.Text, aborting);
                return true;
            }
        }
        catch (Exception error)
        {
            LogFailed(error, queue.Name, message.DequeueCount);
        }

        return false;
    }

    private async Task PauseAsync(CancellationToken stopping)
    {
        try
        {
            await Task.Delay(PauseAfterOutage, time, stopping);
        }
        catch (OperationCanceledException)
        {
            // The loop ends by itself.
        }
    }

    [LoggerMessage(2001, LogLevel.Warning, "A message of {Queue} failed, try {Count}")]
    private partial void LogFailed(Exception error, string queue, long count);

    [LoggerMessage(2002, LogLevel.Error, "A message of {Queue} failed {Count} times and is moved to the poison queue")]
    private partial void LogPoison(string queue, long count);

    [LoggerMessage(2003, LogLevel.Warning, "The queue {Queue} does not answer")]
    private partial void LogOutage(Exception error, string queue);
}
