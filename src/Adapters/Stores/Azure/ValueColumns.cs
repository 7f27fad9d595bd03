using System.Globalization;
using Azure.Data.Tables;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>
/// How one value lies in the columns of a row: <c>{Name}</c>, <c>{Name}2</c>, <c>{Name}3</c>, … hold its bytes, and <c>{Name}Parts</c> says how many of them count;
/// 0 means that it lies in the blob <c>{Name}Blob</c>.
/// </summary>
/// <remarks>The count matters because a row that is merged keeps the columns of a longer value before.</remarks>
internal static class ValueColumns
{
    /// <summary>Largest value of a row that has but one: with its plain columns it stays well below the limit of an entity.</summary>
    public const int MaxInline = 700 << 10;

    private const int PartSize = 60 << 10;

    /// <summary>Puts a value into the row itself.</summary>
    public static void Write(TableEntity entity, string name, StoredValue value)
    {
        int parts = 0;
        foreach (byte[] part in value.Bytes.Chunk(PartSize))
        {
            entity[Column(name, ++parts)] = part;
        }

        entity[$"{name}Parts"] = parts;
    }

    /// <summary>Names the blob that holds the value.</summary>
    public static void WriteBlob(TableEntity entity, string name, string blob)
    {
        entity[$"{name}Parts"] = 0;
        entity[$"{name}Blob"] = blob;
    }

    /// <summary>The blob that holds the value; null where the row itself does.</summary>
    /// <exception cref="FormatException">The columns are not as they should be.</exception>
    public static string? FindBlob(TableEntity entity, string name) => Parts(entity, name) > 0
        ? null
        : entity.GetString($"{name}Blob") ?? throw new FormatException($"column {name}Blob is missing");

    /// <summary>The bytes of a value that the row itself holds.</summary>
    /// <exception cref="FormatException">The columns are not as they should be.</exception>
    public static ReadOnlyMemory<byte> Read(TableEntity entity, string name)
    {
        int parts = Parts(entity, name);
        return parts == 1 ? Part(entity, name, 1) : Enumerable.Range(1, parts).SelectMany(i => Part(entity, name, i)).ToArray();
    }

    private static int Parts(TableEntity entity, string name) => Columns.ReadInt(entity, $"{name}Parts");

    private static byte[] Part(TableEntity entity, string name, int number) =>
        entity.GetBinaryData(Column(name, number))?.ToArray() ?? throw new FormatException($"column {Column(name, number)} is missing");

    private static string Column(string name, int number) => number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}{number}");
}
