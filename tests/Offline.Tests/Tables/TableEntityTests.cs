using Azure;
using Azure.Data.Tables;

namespace HpoServerless.Offline.Tests.Tables;

public sealed class TableEntityTests
{
    [Fact]
    public void Getters_otherType_throw()
    {
        TableEntity entity = new("p", "r") { ["I"] = 1, ["L"] = 2L, ["S"] = "s" };
        Assert.Throws<InvalidOperationException>(() => entity.GetDouble("I"));
        Assert.Throws<InvalidOperationException>(() => entity.GetInt64("I"));
        Assert.Throws<InvalidOperationException>(() => entity.GetInt32("L"));
        Assert.Throws<InvalidOperationException>(() => entity.GetGuid("S"));
        Assert.Throws<InvalidOperationException>(() => entity.GetString("I"));
        Assert.Throws<InvalidOperationException>(() => entity.GetDateTimeOffset("S"));
        Assert.Throws<InvalidOperationException>(() => entity.GetBinary("S"));
    }

    [Fact]
    public void Indexer_keepsTheTypeOfAProperty()
    {
        TableEntity entity = new() { ["D"] = 1.5, ["L"] = 2L, ["I"] = 1, ["S"] = "s" };
        entity["D"] = 2;
        entity["L"] = 3;
        entity["I"] = 4L;
        Assert.Equal((2.0, 3L, 4L), (entity.GetDouble("D"), entity.GetInt64("L"), entity.GetInt64("I")));
        Assert.Throws<InvalidOperationException>(() => entity["S"] = 1);
        entity["S"] = null;
        Assert.Null(entity["S"]);
        Assert.Null(entity["absent"]);
    }

    [Fact]
    public void Keys_areProperties()
    {
        TableEntity entity = new(new Dictionary<string, object> { ["PartitionKey"] = "p", ["X"] = 1 })
        {
            RowKey = "r",
            ETag = new ETag("W/\"1\""),
        };
        Assert.Equal(["PartitionKey", "RowKey", "X", "odata.etag"], entity.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("p", "r", "W/\"1\""), (entity.PartitionKey, entity.RowKey, entity.ETag.ToString()));
        Assert.Null(entity.Timestamp);
    }
}
