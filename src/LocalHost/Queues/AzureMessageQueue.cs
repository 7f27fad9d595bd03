using System.Collections.Immutable;
using System.Text;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace HpoServerless.LocalHost.Queues;

/// <summary>A storage queue. A message stays invisible while it is carried out, because that is renewed; where the host dies it comes again.</summary>
internal sealed class AzureMessageQueue(QueueClient queue, QueueClient poison, TimeProvider time) : IMessageQueue
{
    private static readonly TimeSpan Invisible = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Never = TimeSpan.FromSeconds(-1);

    private TimeSpan _pause = ShortestPoll;

    public string Name => queue.Name;

    public async Task<ImmutableArray<ReceivedMessage>> ReceiveAsync(int max, CancellationToken cancellation)
    {
        while (true)
        {
            QueueMessage[] messages = await FetchAsync(max, cancellation);
            if (messages.Length > 0)
            {
                _pause = ShortestPoll;
                return [.. messages.Select(m => new AzureMessage(m))];
            }

            await Task.Delay(_pause, time, cancellation);
            _pause = _pause * 2 < LongestPoll ? _pause * 2 : LongestPoll;
        }
    }

    public async Task RemoveAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        AzureMessage taken = (AzureMessage)message;
        try
        {
            await queue.DeleteMessageAsync(taken.Id, taken.Receipt, cancellation);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            // It became visible meanwhile and somebody else has it: it is carried out again, which changes nothing.
        }
    }

    public async Task ReturnAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        try
        {
            await RenewAsync((AzureMessage)message, PauseAfterFailure, cancellation);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            // As above: it comes again by itself.
        }
    }

    public async Task PoisonAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        await poison.CreateIfNotExistsAsync(cancellationToken: cancellation);
        await poison.SendMessageAsync(((AzureMessage)message).Body, timeToLive: Never, cancellationToken: cancellation);
        await RemoveAsync(message, cancellation);
    }

    public async Task HoldAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Invisible / 2, time, cancellation);
                await RenewAsync((AzureMessage)message, Invisible, cancellation);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or RequestFailedException)
        {
            // Carried out, or lost to another listener.
        }
    }

    private async Task<QueueMessage[]> FetchAsync(int max, CancellationToken cancellation)
    {
        try
        {
            return await queue.ReceiveMessagesAsync(max, Invisible, cancellation);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            await queue.CreateIfNotExistsAsync(cancellationToken: cancellation);
            return [];
        }
    }

    private async Task RenewAsync(AzureMessage message, TimeSpan invisible, CancellationToken cancellation) =>
        message.Receipt = (await queue.UpdateMessageAsync(message.Id, message.Receipt, visibilityTimeout: invisible, cancellationToken: cancellation)).Value.PopReceipt;

    private static string Decode(string body)
    {
        byte[] bytes = new byte[body.Length];
        return Convert.TryFromBase64String(body, bytes, out int length) ? Encoding.UTF8.GetString(bytes, 0, length) : body;
    }

    private sealed record AzureMessage(string Id, string Body, long DequeueCount) : ReceivedMessage(Decode(Body), DequeueCount)
    {
        public AzureMessage(QueueMessage message)
            : this(message.MessageId, message.Body.ToString(), message.DequeueCount) => Receipt = message.PopReceipt;

        public string Receipt { get; set; } = string.Empty;
    }
}
