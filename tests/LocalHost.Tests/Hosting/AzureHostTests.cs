using System.Collections.Immutable;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.LocalHost.Tests.Hosting;

/// <summary>The host on a storage account: tables, blobs and queues.</summary>
public sealed class AzureHostTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Experiment_that_a_host_left_is_finished_by_the_next()
    {
        string connection = (await azurite.StartAsync()).ConnectionString;
        string id = $"e-{Guid.NewGuid():n}";
        await using (EmbeddedHost host = await EmbeddedHost.StartAsync(new()
        {
            StorageConnection = connection,
            StopGrace = TimeSpan.Zero,
            Executors = Embedded.Program(async (work, stop) =>
            {
                if (work.Segment.Trial > 5)
                {
                    await Task.Delay(Timeout.Infinite, stop); // never ends in this host
                }

                return FunctionExecutor.Completed(work, ("loss", Embedded.Square(work)));
            }),
        }))
        {
            await host.RunAsync(id, Embedded.Definition(trials: 15));
            await host.UntilAsync(id, s => s.Trials.Completed == 5);
        }

        await using EmbeddedHost again = await EmbeddedHost.StartAsync(new() { StorageConnection = connection, Executors = Embedded.Objective(Embedded.Square) });
        ExperimentSummary ended = await again.EndAsync(id);
        ImmutableArray<Trial> trials = await again.TrialsAsync(id);

        Assert.Equal(new TrialCounts(Completed: 15), ended.Trials);
        Assert.Equal(Enumerable.Range(1, 15), trials.Select(t => t.Number));
        Assert.Equal(trials.Min(t => t.Value), ended.Best!.Value);
    }
}
