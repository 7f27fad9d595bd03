using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using HpoServerless.Contracts.Azurite;

namespace HpoServerless.Offline.Tests.Tables;

public sealed class ConcurrencyTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData(TableUpdateMode.Merge, 1)]
    [InlineData(TableUpdateMode.Replace, null)]
    public async Task Update_mode_decidesWhatIsLeft(TableUpdateMode mode, int? left)
    {
        TableClient table = await azurite.TableAsync();
        ETag etag = await AddAsync(table);
        Response updated = await table.UpdateEntityAsync(new TableEntity("p", "r") { ["B"] = 2 }, etag, mode);
        TableEntity stored = await table.GetEntityAsync<TableEntity>("p", "r");
        Assert.Equal((left, 2), (stored.GetInt32("A"), stored.GetInt32("B")));
        Assert.Equal(stored.ETag, updated.Headers.ETag);
        Assert.NotEqual(etag, stored.ETag);
    }

    [Theory]
    [InlineData(TableUpdateMode.Merge, 1)]
    [InlineData(TableUpdateMode.Replace, null)]
    public async Task Upsert_mode_decidesWhatIsLeft(TableUpdateMode mode, int? left)
    {
        TableClient table = await azurite.TableAsync();
        await table.UpsertEntityAsync(new TableEntity("p", "r") { ["A"] = 1 }, mode);
        await table.UpsertEntityAsync(new TableEntity("p", "r") { ["B"] = 2 }, mode);
        TableEntity stored = await table.GetEntityAsync<TableEntity>("p", "r");
        Assert.Equal((left, 2), (stored.GetInt32("A"), stored.GetInt32("B")));
    }

    [Theory]
    [InlineData(TableUpdateMode.Merge)]
    [InlineData(TableUpdateMode.Replace)]
    public async Task Update_staleETag_isRefused(TableUpdateMode mode)
    {
        TableClient table = await azurite.TableAsync();
        ETag stale = await AddAsync(table);
        await table.UpdateEntityAsync(new TableEntity("p", "r") { ["A"] = 2 }, stale);
        await EntityTests.FailsAsync(
            412,
            TableErrorCode.UpdateConditionNotSatisfied,
            () => table.UpdateEntityAsync(new TableEntity("p", "r") { ["A"] = 3 }, stale, mode));
        Assert.Equal(2, (await table.GetEntityAsync<TableEntity>("p", "r")).Value.GetInt32("A"));
    }

    [Fact]
    public async Task Update_anyETag_overwrites()
    {
        TableClient table = await azurite.TableAsync();
        await AddAsync(table);
        await table.UpdateEntityAsync(new TableEntity("p", "r") { ["A"] = 2 }, ETag.All);
        Assert.Equal(2, (await table.GetEntityAsync<TableEntity>("p", "r")).Value.GetInt32("A"));
    }

    [Fact]
    public async Task Update_noETag_isRefusedHere()
    {
        TableClient table = await azurite.TableAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => table.UpdateEntityAsync(new TableEntity("p", "r"), default));
    }

    [Fact]
    public async Task Update_missingEntity_isNotFound()
    {
        TableClient table = await azurite.TableAsync();
        await EntityTests.FailsAsync(
            404, TableErrorCode.ResourceNotFound, () => table.UpdateEntityAsync(new TableEntity("p", "r"), ETag.All));
    }

    [Fact]
    public async Task Update_rapidly_givesANewETagEachTime()
    {
        TableClient table = await azurite.TableAsync();
        HashSet<ETag> seen = [await AddAsync(table)];
        for (int i = 0; i < 50; i++)
        {
            Response updated = await table.UpdateEntityAsync(new TableEntity("p", "r") { ["A"] = i }, ETag.All);
            Assert.True(seen.Add(updated.Headers.ETag!.Value));
        }
    }

    [Fact]
    public async Task Delete_staleETag_isRefusedAndPresentOneDeletes()
    {
        TableClient table = await azurite.TableAsync();
        ETag stale = await AddAsync(table);
        ETag present = (await table.UpsertEntityAsync(new TableEntity("p", "r"))).Headers.ETag!.Value;
        await EntityTests.FailsAsync(
            412, TableErrorCode.UpdateConditionNotSatisfied, () => table.DeleteEntityAsync("p", "r", stale));
        Assert.Equal(204, (await table.DeleteEntityAsync(new TableEntity("p", "r"), present)).Status);
    }

    [Fact]
    public async Task Delete_missingEntity_answers404AndDoesNotThrow()
    {
        TableClient table = await azurite.TableAsync();
        Assert.Equal(404, (await table.DeleteEntityAsync("p", "r")).Status);
    }

    private static async Task<ETag> AddAsync(TableClient table) =>
        (await table.AddEntityAsync(new TableEntity("p", "r") { ["A"] = 1 })).Headers.ETag!.Value;
}
