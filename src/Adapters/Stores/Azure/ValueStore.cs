using System.Text.Json;
using Azure.Data.Tables;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Values of rows, wherever they lie, and the blobs of those that are too large for a row.</summary>
/// <remarks>
/// Blobs are named <c>experiment/incarnation/row/hash</c>: never changed, so a row and its blob always fit each other; an experiment that is created again under
/// the id of a deleted one never sees blobs of that one. They are removed with their experiment.
/// </remarks>
internal sealed class ValueStore(BlobGateway blobs)
{
    private const int ReadsAtOnce = 8;

    /// <summary>The container.</summary>
    public BlobGateway Blobs => blobs;

    /// <summary>Reads a value of a row.</summary>
    /// <param name="row">The row, with all columns.</param>
    /// <param name="name">Name of the value.</param>
    /// <param name="where">The row in words.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="CorruptDataException">The columns, or the blob, are damaged or missing.</exception>
    public async Task<T> ReadAsync<T>(TableEntity row, string name, string where, CancellationToken cancellation)
    {
        try
        {
            if (ValueColumns.FindBlob(row, name) is not { } blob)
            {
                return StoredValue.Read<T>(ValueColumns.Read(row, name));
            }

            ReadOnlyMemory<byte> content = await blobs.FindAsync(blob, cancellation)
                ?? throw new CorruptDataException(where, $"{blobs.Describe(blob)}, which holds its {name}, does not exist");
            return StoredValue.Read<T>(content);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw new CorruptDataException(where, $"its {name} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads the same value of many rows; the order is kept, blobs are fetched some at a time.</summary>
    public async Task<T[]> ReadAllAsync<T>(IReadOnlyList<TableEntity> found, string name, TableGateway table, CancellationToken cancellation)
    {
        T[] read = new T[found.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, found.Count),
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellation },
            async (i, ending) => read[i] = await ReadAsync<T>(found[i], name, table.Describe(found[i].PartitionKey, found[i].RowKey), ending));
        return read;
    }

    /// <summary>Writes a value to a blob and returns its name. Writing the same value again changes nothing.</summary>
    public async Task<string> WriteAsync(string folder, string row, StoredValue value, CancellationToken cancellation)
    {
        string name = $"{folder}{row}/{value.Hash}{value.Extension}";
        await blobs.PutAsync(name, value.Bytes, cancellation);
        return name;
    }

    /// <summary>Whether an error says that stored data are not what they should be.</summary>
    public static bool IsDamage(Exception error) => error is JsonException or InvalidDataException or FormatException
        or InvalidOperationException or NotSupportedException or InvalidInputException or ArgumentException;
}
