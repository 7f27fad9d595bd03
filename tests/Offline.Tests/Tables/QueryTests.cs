using Azure;
using Azure.Data.Tables;
using HpoServerless.Contracts.Azurite;

namespace HpoServerless.Offline.Tests.Tables;

public sealed class QueryTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Query_moreThanAPage_continuesToTheEnd()
    {
        TableClient table = await azurite.TableAsync();
        await FillAsync(table, 1_201);
        List<Page<TableEntity>> pages = await table.QueryAsync<TableEntity>().AsPages().ToListAsync();
        Assert.Equal([1_000, 201], pages.Select(static p => p.Values.Count));
        Assert.NotNull(pages[0].ContinuationToken);
        Assert.Null(pages[1].ContinuationToken);
        Assert.Equal(Enumerable.Range(0, 1_201).Select(Row), pages.SelectMany(static p => p.Values).Select(static e => e.RowKey));
    }

    [Fact]
    public async Task Query_pageSizeAndContinuation_resumeWhereAPageEnded()
    {
        TableClient table = await azurite.TableAsync();
        await FillAsync(table, 7);
        Page<TableEntity> first = (await table.QueryAsync<TableEntity>(maxPerPage: 3).AsPages().ToListAsync())[0];
        Assert.Equal(3, first.Values.Count);
        List<Page<TableEntity>> rest = await table.QueryAsync<TableEntity>().AsPages(first.ContinuationToken, pageSizeHint: 2).ToListAsync();
        Assert.Equal([2, 2], rest.Select(static p => p.Values.Count));
        Assert.Equal(Enumerable.Range(3, 4).Select(Row), rest.SelectMany(static p => p.Values).Select(static e => e.RowKey));
    }

    [Fact]
    public async Task Query_keys_comeInOrdinalOrder()
    {
        TableClient table = await azurite.TableAsync();
        foreach (string key in (string[])["b", "a", "Z", "10", "9", "-", "é", "_"])
        {
            await table.AddEntityAsync(new TableEntity("p", key));
        }

        List<TableEntity> rows = await table.QueryAsync<TableEntity>().ToListAsync();
        Assert.Equal(["-", "10", "9", "Z", "_", "a", "b", "é"], rows.Select(static r => r.RowKey));
    }

    [Fact]
    public async Task Query_select_returnsOnlyThoseProperties()
    {
        TableClient table = await azurite.TableAsync();
        await FillAsync(table, 1);
        TableEntity queried = Assert.Single(await table.QueryAsync<TableEntity>(select: ["RowKey", "I"]).ToListAsync());
        TableEntity read = await table.GetEntityAsync<TableEntity>("p", Row(0), ["RowKey", "I"]);
        Assert.All([queried, read], static entity =>
        {
            Assert.Equal((Row(0), 0), (entity.RowKey, entity.GetInt32("I")));
            Assert.False(entity.ContainsKey("L"));
            Assert.False(entity.ContainsKey("PartitionKey"));
        });
    }

    [Fact]
    public async Task Query_filter_matchesValuesOfEveryType()
    {
        TableClient table = await azurite.TableAsync();
        Guid id = Guid.NewGuid();
        DateTimeOffset time = new(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1));
        await table.AddEntityAsync(new TableEntity("it's", "r")
        {
            ["I"] = 3,
            ["L"] = 5_000_000_000L,
            ["D"] = 0.25,
            ["F"] = true,
            ["G"] = id,
            ["T"] = time,
            ["B"] = new byte[] { 1, 255 },
            ["S"] = "a 'b' & c+%",
        });
        await table.AddEntityAsync(new TableEntity("other", "r") { ["S"] = "other" });
        string name = "it's";
        string text = "a 'b' & c+%";
        foreach (string filter in (string[])
        [
            TableClient.CreateQueryFilter($"PartitionKey eq {name} and RowKey eq {"r"}"),
            TableClient.CreateQueryFilter($"I eq {3}"),
            TableClient.CreateQueryFilter($"L gt {4_999_999_999L}"),
            TableClient.CreateQueryFilter($"D lt {0.5}"),
            TableClient.CreateQueryFilter($"F eq {true}"),
            TableClient.CreateQueryFilter($"G eq {id}"),
            TableClient.CreateQueryFilter($"T eq {time}"),
            TableClient.CreateQueryFilter($"B eq {(byte[])[1, 255]}"),
            TableClient.CreateQueryFilter($"S eq {text}"),
        ])
        {
            List<TableEntity> found = await table.QueryAsync<TableEntity>(filter).ToListAsync();
            Assert.Equal(["it's"], found.Select(static e => e.PartitionKey));
        }
    }

    [Fact]
    public void CreateQueryFilter_writesTypedLiterals()
    {
        DateTime utc = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        Assert.Equal("A eq 'O''Brien ''x'''", TableClient.CreateQueryFilter($"A eq {"O'Brien 'x'"}"));
        Assert.Equal("A eq 1 and B eq 2L and C eq 0.5", TableClient.CreateQueryFilter($"A eq {1} and B eq {2L} and C eq {0.5}"));
        Assert.Equal("A eq false", TableClient.CreateQueryFilter($"A eq {false}"));
        Assert.Equal("A eq datetime'2026-01-02T03:04:05Z'", TableClient.CreateQueryFilter($"A eq {utc}"));
        Assert.Equal("A eq guid'00000000-0000-0000-0000-000000000000'", TableServiceClient.CreateQueryFilter($"A eq {Guid.Empty}"));
        Assert.Equal("A eq X'0AFF'", TableClient.CreateQueryFilter($"A eq {(byte[])[10, 255]}"));
        Assert.Throws<ArgumentException>(() => TableClient.CreateQueryFilter($"A eq {TimeSpan.Zero}"));
    }

    [Fact]
    public async Task Tables_areCreatedListedAndDeleted()
    {
        TableServiceClient service = await azurite.ServiceAsync();
        string[] names = [.. Enumerable.Range(0, 3).Select(static _ => $"t{Guid.NewGuid():N}")];
        foreach (string name in names)
        {
            Assert.Equal(204, (await service.CreateTableIfNotExistsAsync(name)).GetRawResponse().Status);
            Assert.Equal(409, (await service.GetTableClient(name).CreateIfNotExistsAsync()).GetRawResponse().Status);
            await EntityTests.FailsAsync(409, "TableAlreadyExists", () => service.CreateTableAsync(name.ToUpperInvariant()));
        }

        string filter = TableServiceClient.CreateQueryFilter($"TableName eq {names[1]}");
        Assert.Equal([names[1]], (await service.QueryAsync(filter).ToListAsync()).Select(static t => t.Name));
        HashSet<string> all = [.. (await service.QueryAsync(maxPerPage: 1).ToListAsync()).Select(static t => t.Name)];
        Assert.Subset(all, names.ToHashSet());
        await service.DeleteTableAsync(names[0]);
        Assert.Equal(404, (await service.GetTableClient(names[0]).DeleteAsync()).Status);
        Assert.DoesNotContain(names[0], (await service.QueryAsync().ToListAsync()).Select(static t => t.Name));
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("a-b")]
    [InlineData("1abc")]
    public async Task CreateTable_invalidName_isRefused(string name)
    {
        TableServiceClient service = await azurite.ServiceAsync();
        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => service.CreateTableIfNotExistsAsync(name));
        Assert.Equal(400, failure.Status);
    }

    private static string Row(int number) => $"{number:D5}";

    private static async Task FillAsync(TableClient table, int count)
    {
        foreach (int[] chunk in Enumerable.Range(0, count).Chunk(100))
        {
            await table.SubmitTransactionAsync(chunk.Select(static i => new TableTransactionAction(
                TableTransactionActionType.Add, new TableEntity("p", Row(i)) { ["I"] = i, ["L"] = (long)i })));
        }
    }
}
