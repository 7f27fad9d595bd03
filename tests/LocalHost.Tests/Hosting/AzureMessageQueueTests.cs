using System.Collections.Concurrent;
using System.Text;
using Azure.Storage.Queues;
using HpoServerless.Adapters.Queues;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using HpoServerless.LocalHost.Queues;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace HpoServerless.LocalHost.Tests.Hosting;

public sealed class AzureMessageQueueTests(AzuriteFixture azurite) : MessageQueueContract
{
    private readonly string _name = $"q{Guid.NewGuid():n}";

    [Fact]
    public async Task Message_that_is_no_base64_is_handed_over_as_it_is()
    {
        QueueServiceClient service = await ServiceAsync(QueueMessageEncoding.None);
        await service.GetQueueClient(_name).CreateAsync();
        await service.GetQueueClient(_name).SendMessageAsync("{rubbish}");
        ConcurrentBag<string> seen = [];

        await ListenAsync(Open(service), seen.Add, () => !seen.IsEmpty);

        Assert.Equal(["{rubbish}"], seen);
    }

    [Fact]
    public async Task Trial_queue_creates_itself_and_writes_what_listeners_read()
    {
        QueueServiceClient service = await ServiceAsync(QueueMessageEncoding.Base64);
        AzureTrialQueue trials = new(service.GetQueueClient(_name));
        ConcurrentBag<string> seen = [];

        await trials.SendAsync([.. Enumerable.Range(1, 20).Select(n => new TrialMessage(TrialMessageKind.Start, new("e", n, 0)))], CancellationToken.None);
        await ListenAsync(Open(await ServiceAsync(QueueMessageEncoding.None)), seen.Add, () => seen.Count == 20);

        Assert.Contains("""{"kind":"Start","segment":{"experiment":"e","trial":7,"segment":0}}""", seen);
        Assert.Equal(20, seen.Distinct().Count());
    }

    [Fact]
    public async Task Trial_queue_that_does_not_answer_is_unavailable()
    {
        QueueClientOptions options = new();
        options.Retry.MaxRetries = 0;
        AzureTrialQueue trials = new(new(new Uri("http://127.0.0.1:9/devstoreaccount1/hpo-trials"), options));

        await Assert.ThrowsAsync<UnavailableException>(
            () => trials.SendAsync([new(TrialMessageKind.Start, new("e", 1, 0))], CancellationToken.None));
    }

    private protected override async Task<(IMessageQueue Queue, IMessageQueue Poison, Func<string, Task> SendAsync)> CreateAsync()
    {
        QueueServiceClient service = await ServiceAsync(QueueMessageEncoding.None);
        QueueClient queue = service.GetQueueClient(_name);
        await queue.CreateAsync();
        AzureMessageQueue poison = new(service.GetQueueClient($"{_name}-poison"), service.GetQueueClient($"{_name}-poison-poison"), TimeProvider.System);
        return (Open(service), poison, text => queue.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(text))));
    }

    private AzureMessageQueue Open(QueueServiceClient service) =>
        new(service.GetQueueClient(_name), service.GetQueueClient($"{_name}-poison"), TimeProvider.System);

    private async Task<QueueServiceClient> ServiceAsync(QueueMessageEncoding encoding) =>
        new((await azurite.StartAsync()).ConnectionString, new QueueClientOptions { MessageEncoding = encoding });
}
