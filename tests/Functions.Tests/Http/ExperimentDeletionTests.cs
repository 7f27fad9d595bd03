using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Stores;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.LocalHost;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>A deletion that takes long, while somebody else deletes the experiment and begins another one under its id.</summary>
public sealed class ExperimentDeletionTests
{
    [Fact]
    public async Task Slow_deletion_leaves_the_experiment_that_has_the_id_meanwhile()
    {
        StoreSet stores = MemoryStores.Create();
        string checkpoint = Checkpoint.FolderOf("gone") + "1/0-1-a.tar";
        ExperimentRecord ended = StoreExamples.Experiment("gone");
        await stores.Experiments.CreateAsync(ended with { Summary = ended.Summary with { Status = ExperimentStatus.Succeeded } }, default);
        await using EmbeddedHost host = await EmbeddedHost.StartAsync(new()
        {
            HttpPort = 0,
            Stores = stores,
            StopGrace = TimeSpan.Zero,
            Executors = services => [new FunctionExecutor(services.GetRequiredService<ISegmentEvents>(), static (work, _) => Task.FromResult(FunctionExecutor.Completed(work, ("loss", 1)))) { Removing = AnotherAsync }],
        });
        using HttpClient client = new() { BaseAddress = host.BaseAddress };
        client.DefaultRequestHeaders.Add("x-functions-key", host.Keys.Function);

        using HttpResponseMessage response = await client.DeleteAsync("/api/experiments/gone");

        (await ApiAnswer.ReadAsync(response)).Is(204);
        Assert.Equal(StoreExamples.At(1), (await stores.Experiments.FindAsync("gone", default))?.Summary.CreatedAt);
        Assert.NotNull(await stores.Artifacts.FindAsync(checkpoint, default));

        async Task AnotherAsync(string id)
        {
            await stores.Experiments.DeleteAsync(id, default);
            await stores.Experiments.CreateAsync(StoreExamples.Experiment(id, createdAt: 1), default);
            await stores.Artifacts.PutAsync(checkpoint, (ReadOnlyMemory<byte>)"state"u8.ToArray(), default);
        }
    }
}
