using System.Collections.Immutable;
using System.Text.Json;
using Azure;
using Azure.Storage.Queues;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Queues;

/// <summary>Trial messages in a storage queue. They never expire, so that a long outage loses none.</summary>
/// <param name="queue">The queue; its encoding is what the listener expects. Created when it is missing.</param>
public sealed class AzureTrialQueue(QueueClient queue) : ITrialQueue, IProbe
{
    private const int SentAtOnce = 8;

    private static readonly TimeSpan Never = TimeSpan.FromSeconds(-1);

    /// <inheritdoc/>
    public Task SendAsync(ImmutableArray<TrialMessage> messages, CancellationToken cancellation) => Parallel.ForEachAsync(
        messages,
        new ParallelOptions { MaxDegreeOfParallelism = SentAtOnce, CancellationToken = cancellation },
        async (message, token) => await SendAsync(JsonSerializer.Serialize(message, EngineJson.Options), token));

    /// <inheritdoc/>
    public async Task ProbeAsync(CancellationToken cancellation)
    {
        try
        {
            await queue.GetPropertiesAsync(cancellation);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            // It answers; the first message creates the queue.
        }
    }

    private async Task SendAsync(string message, CancellationToken cancellation)
    {
        try
        {
            await SendOrCreateAsync(message, cancellation);
        }
        catch (RequestFailedException error) when (error.Status is 0 or 408 or 429 or >= 500)
        {
            throw new UnavailableException("queue storage", error.Message, error);
        }
        catch (AggregateException error) when (error.InnerExceptions.All(e => e is RequestFailedException))
        {
            throw new UnavailableException("queue storage", error.Message, error); // its own retries are used up
        }
    }

    private async Task SendOrCreateAsync(string message, CancellationToken cancellation)
    {
        try
        {
            await queue.SendMessageAsync(message, timeToLive: Never, cancellationToken: cancellation);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            await queue.CreateIfNotExistsAsync(cancellationToken: cancellation);
            await queue.SendMessageAsync(message, timeToLive: Never, cancellationToken: cancellation);
        }
    }
}
