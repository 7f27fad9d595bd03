using Azure.Storage.Queues;
using HpoServerless.Functions;

namespace HpoServerless.LocalHost.Queues;

/// <summary>The queues of a storage account. Read without decoding, so that a message that is no base64 hurts itself only.</summary>
internal sealed class AzureQueues(HpoOptions options, TimeProvider time) : IQueueProvider
{
    private readonly QueueServiceClient _service = options.Storage!.CreateQueues(QueueMessageEncoding.None);

    public IMessageQueue Open(string name) => new AzureMessageQueue(
        _service.GetQueueClient(name), _service.GetQueueClient(name + ReceivedMessage.PoisonSuffix), time);
}
