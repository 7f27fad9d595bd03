namespace HpoServerless.LocalHost.Queues;

/// <summary>Opens queues for listening.</summary>
internal interface IQueueProvider
{
    /// <summary>The queue of a name; it is created where it is missing.</summary>
    IMessageQueue Open(string name);
}
