using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Memory;

/// <summary>Rows in memory.</summary>
internal sealed class MemoryRowStore : IRowStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, StoredRow>> _partitions = new(StringComparer.Ordinal);
    private long _versions;

    public async Task<StoredRow?> FindAsync(string partition, string key, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        RowRules.Check(partition, key);
        lock (_gate)
        {
            return _partitions.GetValueOrDefault(partition)?.GetValueOrDefault(key);
        }
    }

    public async Task<ImmutableArray<StoredRow>> ListAsync(string partition, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        RowRules.Check(partition);
        lock (_gate)
        {
            return _partitions.TryGetValue(partition, out SortedDictionary<string, StoredRow>? rows) ? [.. rows.Values] : [];
        }
    }

    public async Task<StoredRow?> PutAsync(string partition, string key, string content, string? version, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        RowRules.Check(partition, key, content);
        lock (_gate)
        {
            if (!_partitions.TryGetValue(partition, out SortedDictionary<string, StoredRow>? rows))
            {
                rows = new(StringComparer.Ordinal);
                _partitions.Add(partition, rows);
            }

            return rows.GetValueOrDefault(key)?.Version == version
                ? rows[key] = new(key, content, (++_versions).ToString(CultureInfo.InvariantCulture))
                : null;
        }
    }

    public async Task<bool> DeleteAsync(string partition, string key, string version, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        RowRules.Check(partition, key);
        lock (_gate)
        {
            return _partitions.TryGetValue(partition, out SortedDictionary<string, StoredRow>? rows) && rows.GetValueOrDefault(key)?.Version == version && rows.Remove(key);
        }
    }
}
