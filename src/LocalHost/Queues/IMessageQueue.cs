using System.Collections.Immutable;

namespace HpoServerless.LocalHost.Queues;

/// <summary>A queue as its listener needs it. A message that was received and not removed comes again.</summary>
internal interface IMessageQueue
{
    /// <summary>Name of the queue.</summary>
    string Name { get; }

    /// <summary>Receives messages; waits until there is at least one.</summary>
    Task<ImmutableArray<ReceivedMessage>> ReceiveAsync(int max, CancellationToken cancellation);

    /// <summary>The message was carried out.</summary>
    Task RemoveAsync(ReceivedMessage message, CancellationToken cancellation);

    /// <summary>The message failed and is to come again after a pause.</summary>
    Task ReturnAsync(ReceivedMessage message, CancellationToken cancellation);

    /// <summary>The message failed too often: moves it to the poison queue.</summary>
    Task PoisonAsync(ReceivedMessage message, CancellationToken cancellation);

    /// <summary>Keeps the message from coming again while it is carried out. Ends by <paramref name="cancellation"/> only, without an exception.</summary>
    Task HoldAsync(ReceivedMessage message, CancellationToken cancellation);
}

/// <summary>A message that was received.</summary>
/// <param name="Text">Its text.</param>
/// <param name="DequeueCount">How often it was received, this time included.</param>
internal abstract record ReceivedMessage(string Text, long DequeueCount)
{
    /// <summary>What the Functions host suffixes to the queue's name for what failed too often.</summary>
    public const string PoisonSuffix = "-poison";
}
