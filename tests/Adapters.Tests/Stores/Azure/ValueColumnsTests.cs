using Azure.Data.Tables;
using HpoServerless.Adapters.Stores.Azure;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

public sealed class ValueColumnsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(59 << 10, 1)]
    [InlineData(60 << 10, 1)]
    [InlineData((60 << 10) + 1, 2)]
    [InlineData(61 << 10, 2)]
    [InlineData(64 << 10, 2)]
    [InlineData(700 << 10, 12)]
    public void Read_returnsWhatWasWritten_inParts(int length, int parts)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        TableEntity row = new("p", "r");

        ValueColumns.Write(row, "Value", new StoredValue(bytes, ""));

        Assert.Equal(parts, row.Keys.Count(static k => k.StartsWith("Value", StringComparison.Ordinal) && k != "ValueParts"));
        Assert.Null(ValueColumns.FindBlob(row, "Value"));
        Assert.Equal(bytes, ValueColumns.Read(row, "Value").ToArray());
        EntityRules.Check(row);
    }

    [Fact]
    public void Read_takesNoPartOfTheLongerValueBefore()
    {
        TableEntity row = new("p", "r");
        ValueColumns.Write(row, "Value", new StoredValue(new byte[200_000], ""));
        ValueColumns.Write(row, "Value", new StoredValue([1, 2, 3], ""));
        Assert.Equal([1, 2, 3], ValueColumns.Read(row, "Value").ToArray());

        ValueColumns.WriteBlob(row, "Value", "somewhere");
        Assert.Equal("somewhere", ValueColumns.FindBlob(row, "Value"));
        ValueColumns.Write(row, "Value", new StoredValue([4], ""));
        Assert.Null(ValueColumns.FindBlob(row, "Value"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1L)]
    [InlineData(1.0)]
    [InlineData("1")]
    public void ReadInt_takesANumberHoweverItComesBack(object number) =>
        Assert.Equal(1, Columns.ReadInt(new TableEntity("p", "r") { ["N"] = number }, "N"));

    [Theory]
    [InlineData(10_000, false)]
    [InlineData(40_000, true)]
    public void StoredValue_isCompressedWhereThatHelps(int length, bool compressed)
    {
        StoredValue value = StoredValue.Of(new string('x', length));

        Assert.Equal(compressed, value.Bytes.Length < length);
        Assert.Equal(compressed ? ".json.gz" : ".json", value.Extension);
        Assert.Equal(new string('x', length), StoredValue.Read<string>(value.Bytes));
    }
}
