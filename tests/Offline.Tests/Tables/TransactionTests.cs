using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using HpoServerless.Contracts.Azurite;

namespace HpoServerless.Offline.Tests.Tables;

public sealed class TransactionTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Submit_everyKindOfAction_appliesAll()
    {
        TableClient table = await azurite.TableAsync();
        await table.AddEntityAsync(new TableEntity("p", "merged") { ["A"] = 1, ["B"] = 1 });
        ETag etag = (await table.AddEntityAsync(new TableEntity("p", "replaced") { ["A"] = 1, ["B"] = 1 })).Headers.ETag!.Value;
        await table.AddEntityAsync(new TableEntity("p", "deleted"));
        await table.AddEntityAsync(new TableEntity("p", "upmerged") { ["A"] = 1, ["B"] = 1 });

        Response<IReadOnlyList<Response>> answer = await table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.Add, new TableEntity("p", "it's {new} é") { ["A"] = 2 }),
            new(TableTransactionActionType.UpdateMerge, new TableEntity("p", "merged") { ["A"] = 2 }),
            new(TableTransactionActionType.UpdateReplace, new TableEntity("p", "replaced") { ["A"] = 2 }, etag),
            new(TableTransactionActionType.Delete, new TableEntity("p", "deleted")),
            new(TableTransactionActionType.UpsertMerge, new TableEntity("p", "upmerged") { ["A"] = 2 }),
            new(TableTransactionActionType.UpsertReplace, new TableEntity("p", "upreplaced") { ["A"] = 2 }),
        ]);

        Assert.Equal(6, answer.Value.Count);
        Assert.All(answer.Value, static r => Assert.Equal(204, r.Status));
        List<TableEntity> rows = await table.QueryAsync<TableEntity>().ToListAsync();
        Assert.Equal(["it's {new} é", "merged", "replaced", "upmerged", "upreplaced"], rows.Select(static r => r.RowKey));
        Assert.All(rows, static r => Assert.Equal(2, r.GetInt32("A")));
        Assert.Equal([null, 1, null, 1, null], rows.Select(static r => r.GetInt32("B")));
        Assert.Equal(rows[0].ETag, answer.Value[0].Headers.ETag);
    }

    [Fact]
    public async Task Submit_hundredActions_isTheMost()
    {
        TableClient table = await azurite.TableAsync();
        Assert.Equal(100, (await table.SubmitTransactionAsync(Adds(100))).Value.Count);
        await EntityTests.FailsAsync(400, TableErrorCode.InvalidInput, () => table.SubmitTransactionAsync(Adds(101)));
        Assert.Equal(100, (await table.QueryAsync<TableEntity>().ToListAsync()).Count);
    }

    [Fact]
    public async Task Submit_conflict_namesItsActionAndAppliesNothing()
    {
        TableClient table = await azurite.TableAsync();
        await table.AddEntityAsync(new TableEntity("p", "0001"));
        TableTransactionFailedException failure =
            await Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(Adds(3)));
        Assert.Equal((409, 1), (failure.Status, failure.FailedTransactionActionIndex));
        Assert.Equal(TableErrorCode.EntityAlreadyExists, failure.ErrorCode);
        TableEntity only = Assert.Single(await table.QueryAsync<TableEntity>().ToListAsync());
        Assert.Equal("0001", only.RowKey);
    }

    [Fact]
    public async Task Submit_staleETag_namesItsAction()
    {
        TableClient table = await azurite.TableAsync();
        ETag stale = (await table.AddEntityAsync(new TableEntity("p", "head"))).Headers.ETag!.Value;
        await table.UpsertEntityAsync(new TableEntity("p", "head") { ["A"] = 1 });
        TableTransactionFailedException failure = await Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(
        [
            .. Adds(2),
            new(TableTransactionActionType.UpdateReplace, new TableEntity("p", "head"), stale),
        ]));
        Assert.Equal((412, 2), (failure.Status, failure.FailedTransactionActionIndex));
        Assert.Equal(TableErrorCode.UpdateConditionNotSatisfied, failure.ErrorCode);
        Assert.Single(await table.QueryAsync<TableEntity>().ToListAsync());
    }

    [Fact]
    public async Task Submit_missingRow_namesItsAction()
    {
        TableClient table = await azurite.TableAsync();
        TableTransactionFailedException failure = await Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(
        [
            .. Adds(1),
            new(TableTransactionActionType.UpdateMerge, new TableEntity("p", "missing")),
        ]));
        Assert.Equal((404, 1), (failure.Status, failure.FailedTransactionActionIndex));
    }

    [Fact]
    public async Task Submit_sameRowTwice_isRefused()
    {
        TableClient table = await azurite.TableAsync();
        await EntityTests.FailsAsync(
            400, TableErrorCode.InvalidDuplicateRow, () => table.SubmitTransactionAsync([.. Adds(1), .. Adds(1)]));
    }

    [Fact]
    public async Task Submit_tooManyBytes_isRefused()
    {
        TableClient table = await azurite.TableAsync();
        RequestFailedException failure = await Assert.ThrowsAnyAsync<RequestFailedException>(
            () => table.SubmitTransactionAsync(Adds(80).Select(static a => Fill(a, 64_000))));
        Assert.Equal((413, "RequestBodyTooLarge"), (failure.Status, failure.ErrorCode));
    }

    [Fact]
    public async Task Submit_threeMegabytes_fits()
    {
        TableClient table = await azurite.TableAsync();
        await table.SubmitTransactionAsync(Adds(50).Select(static a => Fill(a, 30_000)));
        Assert.Equal(50, (await table.QueryAsync<TableEntity>().ToListAsync()).Count);
    }

    [Fact]
    public async Task Submit_nothing_isRefusedHere()
    {
        TableClient table = await azurite.TableAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => table.SubmitTransactionAsync([]));
    }

    private static IEnumerable<TableTransactionAction> Adds(int count) =>
        Enumerable.Range(0, count).Select(static i => new TableTransactionAction(TableTransactionActionType.Add, new TableEntity("p", $"{i:D4}") { ["A"] = 1 }));

    private static TableTransactionAction Fill(TableTransactionAction action, int bytes)
    {
        ((TableEntity)action.Entity)["Bytes"] = new byte[bytes];
        return action;
    }
}
