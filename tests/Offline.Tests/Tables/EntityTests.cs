using Azure;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using HpoServerless.Contracts.Azurite;

namespace HpoServerless.Offline.Tests.Tables;

public sealed class EntityTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task AddThenGet_returnsEveryType()
    {
        TableClient table = await azurite.TableAsync();
        Guid id = Guid.NewGuid();
        DateTimeOffset time = new(2026, 2, 3, 4, 5, 6, 789, TimeSpan.FromHours(2));
        TableEntity entity = new("p", "r")
        {
            ["Text"] = "it's \"quoted\" {braces} é 漢 😀",
            ["Empty"] = "",
            ["Flag"] = true,
            ["Int"] = int.MinValue,
            ["Long"] = long.MaxValue,
            ["SmallLong"] = 7L,
            ["Id"] = id,
            ["Time"] = time,
            ["Utc"] = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
            ["Bytes"] = new byte[] { 0, 1, 254, 255 },
            ["Data"] = new BinaryData("data"u8.ToArray()),
            ["Nothing"] = null,
        };

        Response added = await table.AddEntityAsync(entity);
        TableEntity stored = await table.GetEntityAsync<TableEntity>("p", "r");

        Assert.Equal(204, added.Status);
        Assert.Equal(added.Headers.ETag, stored.ETag);
        Assert.NotNull(stored.Timestamp);
        Assert.Equal(("p", "r"), (stored.PartitionKey, stored.RowKey));
        Assert.Equal(entity.GetString("Text"), stored.GetString("Text"));
        Assert.Equal("", stored.GetString("Empty"));
        Assert.True(stored.GetBoolean("Flag"));
        Assert.Equal(int.MinValue, stored.GetInt32("Int"));
        Assert.Equal(long.MaxValue, stored.GetInt64("Long"));
        Assert.Equal(7L, Assert.IsType<long>(stored["SmallLong"]));
        Assert.Equal(id, stored.GetGuid("Id"));
        Assert.Equal(time, stored.GetDateTimeOffset("Time"));
        Assert.Equal(entity.GetDateTime("Utc"), stored.GetDateTime("Utc"));
        Assert.Equal([0, 1, 254, 255], stored.GetBinary("Bytes"));
        Assert.Equal("data", stored.GetBinaryData("Data").ToString());
        Assert.False(stored.ContainsKey("Nothing"));
        Assert.Null(stored.GetString("Absent"));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(-0.1)]
    [InlineData(1e300)]
    [InlineData(5e-324)]
    [InlineData(1e16)]
    [InlineData(double.MaxValue)]
    [InlineData(double.NaN)]
    public async Task AddThenGet_doubleStaysADouble(double value)
    {
        TableClient table = await azurite.TableAsync();
        await table.AddEntityAsync(new TableEntity("p", "r") { ["X"] = value });
        TableEntity stored = await table.GetEntityAsync<TableEntity>("p", "r");
        Assert.Equal(value, Assert.IsType<double>(stored["X"]));
    }

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public async Task Add_infinity_isRefusedHere(double value)
    {
        TableClient table = await azurite.TableAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(() => table.AddEntityAsync(new TableEntity("p", "r") { ["X"] = value }));
    }

    [Fact]
    public async Task Get_readsWhatOthersWrote()
    {
        const string Row =
            """
            {"odata.metadata":"m","odata.etag":"W/\"1\"","PartitionKey":"p","RowKey":"r","Timestamp":"2026-01-02T03:04:05.6Z",
             "Up@odata.type":"Edm.Double","Up":"Infinity","Down@odata.type":"Edm.Double","Down":"-Infinity","One@odata.type":"Edm.Double","One":"1",
             "Big":5000000000,"Nothing":null}
            """;
        using CannedHandler canned = new(Row);
        TableClientOptions options = new() { Transport = new HttpClientTransport(canned) };
        TableEntity entity = await new TableClient("UseDevelopmentStorage=true", "table", options).GetEntityAsync<TableEntity>("p", "r");
        Assert.Equal((double.PositiveInfinity, double.NegativeInfinity, 1.0), (entity.GetDouble("Up"), entity.GetDouble("Down"), entity.GetDouble("One")));
        Assert.Equal(5_000_000_000, entity.GetInt64("Big"));
        Assert.Null(entity["Nothing"]);
        Assert.Equal(new ETag("W/\"1\""), entity.ETag);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 600, TimeSpan.Zero), entity.Timestamp);
        Assert.False(entity.ContainsKey("odata.metadata"));
    }

    [Fact]
    public async Task Get_readsOwnClasses()
    {
        TableClient table = await azurite.TableAsync();
        OwnEntity entity = new()
        {
            PartitionKey = "p",
            RowKey = "r",
            Name = "n",
            Count = 3,
            Total = 1L << 40,
            Score = 1.0,
            Done = true,
            Day = DayOfWeek.Friday,
            Started = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
        };
        await table.AddEntityAsync(entity);
        OwnEntity stored = await table.GetEntityAsync<OwnEntity>("p", "r");
        Assert.NotEqual(default, stored.ETag);
        Assert.NotNull(stored.Timestamp);
        Assert.Equal(entity with { ETag = stored.ETag, Timestamp = stored.Timestamp }, stored);
    }

    [Fact]
    public async Task Add_existingKey_conflicts()
    {
        TableClient table = await azurite.TableAsync();
        await table.AddEntityAsync(new TableEntity("p", "r"));
        await FailsAsync(409, TableErrorCode.EntityAlreadyExists, () => table.AddEntityAsync(new TableEntity("p", "r")));
    }

    [Fact]
    public async Task Add_missingTable_isNotFound()
    {
        TableClient table = (await azurite.ServiceAsync()).GetTableClient("missing");
        await FailsAsync(404, TableErrorCode.TableNotFound, () => table.AddEntityAsync(new TableEntity("p", "r")));
    }

    [Fact]
    public async Task Get_missingEntity_isNotFound()
    {
        TableClient table = await azurite.TableAsync();
        await FailsAsync(404, TableErrorCode.ResourceNotFound, () => table.GetEntityAsync<TableEntity>("p", "r"));
        NullableResponse<TableEntity> found = await table.GetEntityIfExistsAsync<TableEntity>("p", "r");
        Assert.False(found.HasValue);
        Assert.Throws<InvalidOperationException>(() => found.Value);
    }

    [Theory]
    [InlineData("it's", "a b")]
    [InlineData("100%25", "é漢+&=")]
    [InlineData("", "")]
    [InlineData("(x)", "..")]
    public async Task Keys_withSpecialCharacters_areFoundAgain(string partition, string row)
    {
        TableClient table = await azurite.TableAsync();
        await table.AddEntityAsync(new TableEntity(partition, row) { ["X"] = 1 });
        await table.UpdateEntityAsync(new TableEntity(partition, row) { ["X"] = 2 }, ETag.All);
        TableEntity stored = await table.GetEntityAsync<TableEntity>(partition, row);
        Assert.Equal(2, stored.GetInt32("X"));
        Assert.Equal(204, (await table.DeleteEntityAsync(partition, row)).Status);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a\u0007b")]
    public async Task Keys_withForbiddenCharacters_areRefused(string row)
    {
        TableClient table = await azurite.TableAsync();
        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => table.AddEntityAsync(new TableEntity("p", row)));
        Assert.Equal(400, failure.Status);
    }

    [Theory]
    [InlineData(32_768, 32_769)]
    public async Task Add_longString_isRefusedAboveItsLimit(int fits, int tooLong)
    {
        TableClient table = await azurite.TableAsync();
        await table.AddEntityAsync(new TableEntity("p", "fits") { ["X"] = new string('x', fits) });
        await FailsAsync(
            400,
            TableErrorCode.PropertyValueTooLarge,
            () => table.AddEntityAsync(new TableEntity("p", "long") { ["X"] = new string('x', tooLong) }));
    }

    [Fact]
    public async Task Add_longBinary_isRefusedAboveItsLimit()
    {
        TableClient table = await azurite.TableAsync();
        await table.AddEntityAsync(new TableEntity("p", "fits") { ["X"] = new byte[65_536] });
        await FailsAsync(
            400,
            TableErrorCode.PropertyValueTooLarge,
            () => table.AddEntityAsync(new TableEntity("p", "long") { ["X"] = new byte[65_537] }));
    }

    [Fact]
    public async Task Add_localTime_isRefusedHere()
    {
        TableClient table = await azurite.TableAsync();
        TableEntity entity = new("p", "r") { ["X"] = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Local) };
        await Assert.ThrowsAsync<NotSupportedException>(() => table.AddEntityAsync(entity));
    }

    internal static async Task FailsAsync(int status, TableErrorCode code, Func<Task> call)
    {
        RequestFailedException failure = await Assert.ThrowsAnyAsync<RequestFailedException>(call);
        Assert.Equal((status, code.ToString()), (failure.Status, failure.ErrorCode));
    }

    private sealed class CannedHandler(string json) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new StringContent(json) });
    }

    private sealed record OwnEntity : ITableEntity
    {
        public string PartitionKey { get; set; } = "";

        public string RowKey { get; set; } = "";

        public DateTimeOffset? Timestamp { get; set; }

        public ETag ETag { get; set; }

        public string? Name { get; set; }

        public int Count { get; set; }

        public long Total { get; set; }

        public double? Score { get; set; }

        public double? Missing { get; set; }

        public bool Done { get; set; }

        public DayOfWeek Day { get; set; }

        public DateTime Started { get; set; }
    }
}
