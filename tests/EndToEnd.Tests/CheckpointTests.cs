using System.Globalization;
using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Contracts.Azurite;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>A trial that is killed in the middle of an iteration goes on from its last checkpoint, whoever was killed.</summary>
public sealed class CheckpointTests : IDisposable
{
    private const string Counts = """{"completed":1,"failed":0,"stopped":0,"total":1}""";

    private readonly Workplace _work = new();
    private readonly InterruptedTrial _trial;

    public CheckpointTests() => _trial = new(_work);

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Worker_that_is_killed_costs_no_iteration()
    {
        using JournalStores stores = new(_work.Data, TimeProvider.System);
        await using HpoProcess run = HpoProcess.Start(_work.Folder, "local_run", InterruptedTrial.Project, "--data", _work.Data, "--json");
        string id = await Until.NotNullAsync(_work.FindExperiment);
        InterruptedTrial.Kill(await _trial.HangsAsync(stores.All, id));
        HpoEnd end = await run.EndAsync();

        Assert.True(end.Code == 0, end.Error);
        Assert.Equal(Counts, end.Counts());
        await _trial.DemandWholeAsync(stores.All, id);
    }

    [Fact]
    public async Task Host_on_the_journal_that_is_killed_costs_no_iteration()
    {
        using JournalStores stores = new(_work.Data, TimeProvider.System);
        string id;
        await using (HpoProcess run = HpoProcess.Start(_work.Folder, "local_run", InterruptedTrial.Project, "--data", _work.Data))
        {
            id = await Until.NotNullAsync(_work.FindExperiment);
            int worker = await _trial.HangsAsync(stores.All, id);
            await run.KillAsync();
            await InterruptedTrial.GoneAsync(worker);
        }

        HpoEnd end = await HpoProcess.SucceedAsync(_work.Folder, "local_run", "--resume", id, "--data", _work.Data, "--json");

        Assert.Equal(Counts, end.Counts());
        await _trial.DemandWholeAsync(stores.All, id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Host_on_a_storage_account_and_its_worker_that_are_killed_cost_no_iteration(bool hostToo)
    {
        const string Id = "killed";
        await using AzuriteServer azurite = await AzuriteServer.StartAsync();
        StoreSet stores = await AzureStores.CreateAsync(azurite.ConnectionString, new(), CancellationToken.None);
        int port = HpoServer.FreePort();
        string url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        await using HpoProcess server = HpoServer.Serve(_work, port, azurite.ConnectionString);
        await HpoServer.AddressAsync(server);
        await using HpoProcess waiting = HpoProcess.Start(
            _work.Folder, "run", InterruptedTrial.Project, "--id", Id, "--url", url, "--data", _work.Data, "--wait", "--json");
        int worker = await _trial.HangsAsync(stores, Id);
        HpoProcess? next = null;
        if (hostToo)
        {
            await server.KillAsync();
            await InterruptedTrial.GoneAsync(worker);
            next = HpoServer.Serve(_work, port, azurite.ConnectionString);
        }
        else
        {
            InterruptedTrial.Kill(worker);
        }

        await using HpoProcess? last = next;
        HpoEnd end = await waiting.EndAsync();

        Assert.True(end.Code == 0, end.Error);
        Assert.Equal(Counts, end.Counts());
        await _trial.DemandWholeAsync(stores, Id);
    }
}
