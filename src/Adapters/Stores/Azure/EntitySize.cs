using System.Text.Json;
using Azure.Data.Tables;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>How large entities are: as the service counts them, and on the wire.</summary>
internal static class EntitySize
{
    /// <summary>More than the part headers, the address and the braces of one operation take, with keys of usual length.</summary>
    private const int OperationOverhead = 1024;

    /// <summary>More than quotes, the type annotation and the separators of one property take.</summary>
    private const int PropertyOverhead = 48;

    /// <summary>The properties that the service does not add itself.</summary>
    public static IEnumerable<KeyValuePair<string, object>> OwnProperties(TableEntity entity) =>
        entity.Where(static p => p.Key is not ("PartitionKey" or "RowKey" or "Timestamp" or "odata.etag") && p.Value is not null);

    /// <summary>Bytes that count against the limit of an entity: names and texts as UTF-16.</summary>
    public static long Stored(TableEntity entity) =>
        4 + (2L * (entity.PartitionKey.Length + entity.RowKey.Length))
        + OwnProperties(entity).Sum(static p => 8 + (2L * p.Key.Length) + p.Value switch
        {
            string text => 4 + (2L * text.Length),
            byte[] bytes => 4 + bytes.Length,
            _ => 8,
        });

    /// <summary>Upper bound of the bytes that one operation with this entity takes in a transaction.</summary>
    public static long OnWire(TableEntity entity) =>
        OperationOverhead + (3L * (entity.PartitionKey.Length + entity.RowKey.Length))
        + OwnProperties(entity).Sum(static p => PropertyOverhead + (2L * p.Key.Length) + p.Value switch
        {
            string text => JsonEncodedText.Encode(text).EncodedUtf8Bytes.Length,
            byte[] bytes => OnWire(bytes.Length),
            _ => 32,
        });

    /// <summary>Bytes that binary data take on the wire, as base64.</summary>
    public static long OnWire(int bytes) => (bytes + 2L) / 3 * 4;
}
