using Azure.Data.Tables;
using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Stores.Azure.AzuriteStores;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

/// <summary>Pages as the service cuts them, rows that are damaged, and what people see who open the table.</summary>
public sealed class AzureStoresReadingTests(AzuriteFixture azurite) : IDisposable
{
    private readonly FaultInjectingHandler _faults = new();
    private readonly string _prefix = NewPrefix();

    public void Dispose() => _faults.Dispose();

    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(1, true)]
    public async Task ShortAndEmptyPages_areFollowedToTheEnd(int rows, bool emptyFirst)
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _faults);
        for (int i = 0; i < 5; i++)
        {
            await stores.Experiments.CreateAsync(Experiment($"e{i}", createdAt: i), default);
            await stores.Turns.CommitAsync("e0", Commit(i + 1, trials: [Trial(i + 1)]), default);
            await stores.Inbox.PostAsync("e0", Reported(i + 1, 1), default);
        }

        _faults.Inject(HttpFault.ShortPage(rows, emptyFirst), times: 1000, when: IsQuery);

        Assert.Equal([1, 2, 3, 4, 5], (await stores.Inbox.ReadAsync("e0", 10, default)).Select(e => ((TrialReported)e).Trial));
        Assert.Equal([1, 2, 3], (await stores.Inbox.ReadAsync("e0", 3, default)).Select(e => ((TrialReported)e).Trial));
        Assert.Equal([2, 3, 4, 5], (await stores.Turns.ReadAsync("e0", 2, default).ToListAsync()).Select(t => t.Number));
        Assert.Equal([[1, 2, 3], [4, 5]], await PagesAsync(page => stores.Trials.ListAsync("e0", page, default), 3, t => t.Number));
        Assert.Equal([["e4", "e3"], ["e2", "e1"], ["e0"]], await PagesAsync(page => stores.Experiments.ListAsync(page, default), 2, e => e.Id));
        Assert.True(await stores.Turns.CommitAsync("e0", Commit(6, [Reported(3, 1), Reported(9, 9)]), default)); // one of them does not wait
        await stores.Experiments.DeleteAsync("e0", default);
        Assert.Empty(await (await azurite.TableAsync(_prefix)).QueryAsync<TableEntity>("PartitionKey eq 'e0'").ToListAsync());
        Assert.Empty(await (await azurite.TableAsync(_prefix, "inbox")).QueryAsync<TableEntity>().ToListAsync());
    }

    [Fact]
    public async Task List_passesOverWhatACrashLeftInTheIndex()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix);
        await stores.Experiments.CreateAsync(Experiment("e", createdAt: 3), default);
        TableClient index = await azurite.TableAsync(_prefix, "index");
        foreach (string key in (string[])[$"{DateTime.MaxValue.Ticks - At(1).UtcTicks:D19}-e", $"{DateTime.MaxValue.Ticks - At(9).UtcTicks:D19}-never"])
        {
            await index.AddEntityAsync(new TableEntity("experiments", key));
        }

        Assert.Equal([[], ["e"], []], await PagesAsync(page => stores.Experiments.ListAsync(page, default), 1, e => e.Id));
    }

    [Theory]
    [InlineData("trial-0000000001", "Trial")]
    [InlineData("turn-0000000001", "Turn")]
    [InlineData("head", "Definition")]
    [InlineData("head", "Summary")]
    [InlineData("e|c-1", "Event")]
    public async Task DamagedRow_isNamed(string key, string column)
    {
        StoreSet stores = await OpenWithOneOfEachAsync();
        (TableClient table, string partition) = column == "Event" ? (await azurite.TableAsync(_prefix, "inbox"), InboxKeys.Lane("e")) : (await azurite.TableAsync(_prefix), "e");
        string where = $"{table.Name}/{partition}/{key}";
        foreach (object damage in (object[])[new byte[] { 0x1F, 0x8B, 1, 2 }, "{\"kind\":\"strange\"}"u8.ToArray(), "{"u8.ToArray(), "null"u8.ToArray(), "text", 7])
        {
            await table.UpsertEntityAsync(new TableEntity(partition, key) { [column] = damage });
            await CorruptAsync(stores, where, column);
        }

        await table.UpsertEntityAsync(new TableEntity(partition, key) { [column] = "{}"u8.ToArray(), [$"{column}Parts"] = 2 });
        await CorruptAsync(stores, where, column);
        await table.UpsertEntityAsync(new TableEntity(partition, key) { [$"{column}Parts"] = 0, [$"{column}Blob"] = "e/nothing" });
        await CorruptAsync(stores, where, column);
        await table.UpsertEntityAsync(new TableEntity(partition, key) { [$"{column}Parts"] = "many" });
        await CorruptAsync(stores, where, column);
        await table.UpsertEntityAsync(new TableEntity(partition, key) { ["Other"] = 1 }, TableUpdateMode.Replace);
        await CorruptAsync(stores, where, column);
    }

    [Fact]
    public async Task DamagedIndex_isNamed()
    {
        StoreSet stores = await OpenWithOneOfEachAsync();
        await (await azurite.TableAsync(_prefix, "index")).AddEntityAsync(new TableEntity("experiments", "strange"));

        CorruptDataException damage = await Assert.ThrowsAsync<CorruptDataException>(() => stores.Experiments.ListAsync(new(), default));
        Assert.EndsWith("index/experiments/strange", damage.Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DamagedSnapshot_isNone()
    {
        StoreSet stores = await OpenWithOneOfEachAsync();
        await stores.Turns.SaveSnapshotAsync("e", Snapshot(1, 1), default);
        var blob = Assert.Single(await (await azurite.ContainerAsync(_prefix)).GetBlobsAsync().ToListAsync());
        foreach (byte[] damage in (byte[][])[[], [0x1F, 0x8B, 7], "{}"u8.ToArray()])
        {
            await (await azurite.ContainerAsync(_prefix)).GetBlobClient(blob.Name).UploadAsync(new BinaryData(damage), overwrite: true);
            Assert.Null(await stores.Turns.FindSnapshotAsync("e", default));
        }
    }

    [Fact]
    public async Task DamagedProject_isNamed()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix);
        await (await azurite.ContainerAsync(_prefix, "projects")).GetBlobClient("digits.json").UploadAsync(new BinaryData("["));

        CorruptDataException damage = await Assert.ThrowsAsync<CorruptDataException>(() => stores.Projects.FindAsync("digits", default));
        Assert.EndsWith("/digits.json", damage.Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_canBeReadByPeople()
    {
        StoreSet stores = await OpenWithOneOfEachAsync();
        TableClient table = await azurite.TableAsync(_prefix);

        TableEntity trial = await table.GetEntityAsync<TableEntity>("e", "trial-0000000001");
        Assert.Equal(("Running", 0.5, 2, 2L), (trial.GetString("Status"), trial.GetDouble("Result"), trial.GetInt32("Reports"), trial.GetInt64("LastStep")));
        Assert.Equal("""{"lr":0.1,"act":"relu"}""", trial.GetString("Configuration"));
        TableEntity head = await table.GetEntityAsync<TableEntity>("e", "head");
        Assert.Equal(("digits", "Running", 1, 1), (head.GetString("Project"), head.GetString("Status"), head.GetInt32("Turn"), head.GetInt32("Trials")));
        TableEntity turn = await table.GetEntityAsync<TableEntity>("e", "turn-0000000001");
        Assert.Equal((0, "Start 1"), (turn.GetInt32("Events"), turn.GetString("Decided")));
    }

    [Fact]
    public async Task Columns_thatATableCannotHold_areLeftOutOrCut()
    {
        StoreSet stores = await OpenWithOneOfEachAsync();
        Trial strange = Trial(2) with { StartedAt = default, Error = new string('é', 40_000), Reason = new string('"', 40_000) };

        Assert.True(await stores.Turns.CommitAsync("e", Commit(2, trials: [strange]), default));

        AssertSame(strange, await stores.Trials.FindAsync("e", 2, default));
        TableEntity row = await (await azurite.TableAsync(_prefix)).GetEntityAsync<TableEntity>("e", "trial-0000000002");
        Assert.False(row.ContainsKey("StartedAt"));
        Assert.Equal(1000, row.GetString("Error").Length);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a\nb")]
    [InlineData("a'b")]
    public async Task EventIds_thatNoKeyCanHold_areRefused(string id)
    {
        StoreSet stores = await OpenWithOneOfEachAsync();

        await Assert.ThrowsAsync<InvalidInputException>(() => stores.Inbox.PostAsync("e", Command(id), default));
    }

    private async Task<StoreSet> OpenWithOneOfEachAsync()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix);
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Turns.CommitAsync("e", Commit(1, trials: [Trial(1, steps: 2)]), default);
        await stores.Inbox.PostAsync("e", Command("c-1"), default);
        return stores;
    }

    private static async Task CorruptAsync(StoreSet stores, string where, string column)
    {
        Func<Task>[] readers = column switch
        {
            "Trial" => [() => stores.Trials.FindAsync("e", 1, default), () => stores.Trials.ListAsync("e", new(), default)],
            "Turn" => [() => stores.Turns.ReadAsync("e", 1, default).ToListAsync().AsTask()],
            "Event" => [() => stores.Inbox.ReadAsync("e", 1, default)],
            _ => [() => stores.Experiments.FindAsync("e", default)],
        };
        foreach (Func<Task> reader in readers)
        {
            CorruptDataException damage = await Assert.ThrowsAsync<CorruptDataException>(reader);
            Assert.EndsWith(where, damage.Where, StringComparison.Ordinal);
        }
    }

    private static async Task<List<List<TKey>>> PagesAsync<T, TKey>(Func<PageRequest, Task<Page<T>>> read, int size, Func<T, TKey> key)
    {
        List<List<TKey>> pages = [];
        string? continuation = null;
        do
        {
            Page<T> page = await read(new(size, continuation));
            pages.Add([.. page.Items.Select(key)]);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return pages;
    }
}
