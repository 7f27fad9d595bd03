using System.Globalization;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Contracts.Azurite;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>The service as it runs in the cloud, on an emulated storage account: HTTP, queues, tables and blobs.</summary>
public sealed class ServeTests : IAsyncLifetime
{
    private readonly Workplace _work = new();
    private AzuriteServer? _azurite;

    private string Storage => _azurite!.ConnectionString;

    public async ValueTask InitializeAsync() => _azurite = await AzuriteServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _azurite!.DisposeAsync();
        _work.Dispose();
    }

    [Fact]
    public async Task Served_example_gives_what_local_run_gives_and_leaves_its_rows()
    {
        string example = Path.Combine(Repository.Root, "examples", "simple_objective");
        await using HpoProcess server = HpoServer.Serve(_work, port: 0, Storage);
        string url = await HpoServer.AddressAsync(server);

        HpoEnd served = await HpoProcess.SucceedAsync(_work.Folder, "run", example, "--seed", "1", "--url", url, "--data", _work.Data, "--wait", "--json");
        JsonElement[] trials = await Results.TrialsAsync(_work.Folder, served, "--url", url, "--data", _work.Data);
        await server.InterruptAsync();
        HpoEnd ended = await server.EndAsync();

        string local = Path.Combine(_work.Folder, "local");
        HpoEnd ran = await HpoProcess.SucceedAsync(_work.Folder, "local_run", example, "--seed", "1", "--data", local, "--json");
        Assert.Equal(0, ended.Code);
        Assert.Equal(ran.Counts(), served.Counts());
        Assert.Equal(ran.Result().GetProperty("best").GetRawText(), served.Result().GetProperty("best").GetRawText());
        Assert.Equal(Results.Configurations(await Results.TrialsAsync(_work.Folder, ran, "--data", local)), Results.Configurations(trials));
        Assert.InRange(Results.MostAtOnce(trials), 1, 3);
        await DemandRowsAsync(served.Result().GetProperty("experiment").GetString()!);
    }

    [Fact]
    public async Task Server_that_is_killed_ten_times_loses_nothing_and_counts_nothing_twice()
    {
        const string Id = "killed";
        int port = HpoServer.FreePort();
        string url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        StoreSet stores = await AzureStores.CreateAsync(Storage, new(), CancellationToken.None);
        TrialWatch watch = new(stores, Id);
        RandomMoments moments = new(seed: 21);
        int kills = 0;
        HpoProcess? waiting = null;
        for (int number = 0; number < RandomMoments.Count; number++)
        {
            await using HpoProcess server = HpoServer.Serve(_work, port, Storage);
            if (waiting is null)
            {
                await HpoServer.AddressAsync(server);
                waiting = HpoProcess.Start(_work.Folder, "run", Workplace.Project, "--id", Id, "--url", url, "--data", _work.Data, "--wait", "--json");
                while (await watch.CountAsync() == 0)
                {
                    await Task.Delay(10);
                }
            }

            await moments.WaitAsync(number, watch.CountAsync, () => waiting.HasExited);
            kills += waiting.HasExited ? 0 : 1;
            await server.KillAsync();
            await watch.LookAsync();
        }

        await using HpoProcess last = HpoServer.Serve(_work, port, Storage);
        HpoEnd end = await waiting!.EndAsync();

        Assert.Equal(RandomMoments.Count, kills);
        Assert.True(end.Code == 0, end.Error);
        Assert.Equal("""{"completed":200,"failed":0,"stopped":0,"total":200}""", end.Counts());
        await watch.DemandWholeAsync();
    }

    private async Task DemandRowsAsync(string id)
    {
        TableClient table = new TableServiceClient(Storage).GetTableClient("hpoexperiments");
        List<string> keys = [];
        await foreach (TableEntity row in table.QueryAsync<TableEntity>($"PartitionKey eq '{id}'"))
        {
            keys.Add(row.RowKey);
        }

        List<string> artifacts = [];
        await foreach (var blob in new BlobContainerClient(Storage, "hpo-artifacts").GetBlobsAsync())
        {
            artifacts.Add(blob.Name);
        }

        Assert.Equal(200, keys.Count(k => k.StartsWith("trial-", StringComparison.Ordinal)));
        Assert.Contains(keys, k => k.StartsWith("turn-", StringComparison.Ordinal));
        Assert.DoesNotContain(keys, k => k.StartsWith("inbox-", StringComparison.Ordinal));
        Assert.Contains(artifacts, a => a.StartsWith("scripts/", StringComparison.Ordinal));
        Assert.True(await new QueueClient(Storage, "hpo-trials").ExistsAsync());
        Assert.Equal(0, (await new QueueClient(Storage, "hpo-trials").GetPropertiesAsync()).Value.ApproximateMessagesCount);
    }
}
