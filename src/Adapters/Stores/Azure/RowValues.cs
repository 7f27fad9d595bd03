using Azure.Data.Tables;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The values of rows that are about to be written, and the decision which of them move to blobs so that row and transaction fit.</summary>
internal sealed class RowValues
{
    /// <summary>What one transaction may take on the wire; the service's limit is half a MiB above.</summary>
    private const long Budget = 3_500 << 10;

    private const int UploadsAtOnce = 8;

    private readonly List<Pending> _values = [];

    /// <summary>Notes a value that belongs to a row.</summary>
    public void Add(TableEntity row, string name, StoredValue value, int maxInline = ValueColumns.MaxInline) =>
        _values.Add(new(row, name, value, maxInline));

    /// <summary>Whether all values fit into their rows, and those into one transaction.</summary>
    public bool FitInRows(long otherBytes) => Overflow(otherBytes).Count == 0;

    /// <summary>Writes the values into their rows; the largest go to blobs until the rest fits.</summary>
    /// <param name="store">Where the blobs are.</param>
    /// <param name="folder">Name of the experiment's folder of blobs.</param>
    /// <param name="otherBytes">What the transaction takes on the wire without the values.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public async Task PlaceAsync(ValueStore store, string folder, long otherBytes, CancellationToken cancellation)
    {
        HashSet<Pending> overflow = Overflow(otherBytes);
        foreach (Pending pending in _values.Where(p => !overflow.Contains(p)))
        {
            ValueColumns.Write(pending.Row, pending.Name, pending.Value);
        }

        await Parallel.ForEachAsync(
            overflow,
            new ParallelOptions { MaxDegreeOfParallelism = UploadsAtOnce, CancellationToken = cancellation },
            async (pending, ending) =>
            {
                string blob = await store.WriteAsync(folder, pending.Row.RowKey, pending.Value, ending);
                ValueColumns.WriteBlob(pending.Row, pending.Name, blob);
            });
    }

    private HashSet<Pending> Overflow(long otherBytes)
    {
        HashSet<Pending> overflow = [.. _values.Where(static p => p.Value.Bytes.Length > p.MaxInline)];
        long total = otherBytes + _values.Where(p => !overflow.Contains(p)).Sum(static p => p.Size);
        foreach (Pending largest in _values.Where(p => !overflow.Contains(p)).OrderByDescending(static p => p.Size).ToList())
        {
            if (total <= Budget)
            {
                break;
            }

            overflow.Add(largest);
            total -= largest.Size;
        }

        return overflow;
    }

    // A class, so that each is itself, whatever it contains.
    private sealed class Pending(TableEntity row, string name, StoredValue value, int maxInline)
    {
        public TableEntity Row { get; } = row;

        public string Name { get; } = name;

        public StoredValue Value { get; } = value;

        public int MaxInline { get; } = maxInline;

        public long Size { get; } = EntitySize.OnWire(value.Bytes.Length);
    }
}
