using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Rows as files <c>rows/PARTITION/KEY@VERSION</c>. A version is written once, so that what was read never grows stale; a write adds the next one and removes the one before.</summary>
/// <remarks>
/// <para>Any number of processes may read and write: a file that is locked for each write keeps them apart. Of several versions the highest counts, so that a crash between leaves nothing in doubt.</para>
/// <para>Rows survive the end of the process, but the last ones not that of the machine: what they say (who works on what) is over then, too.</para>
/// </remarks>
internal sealed class FileRowStore(string dataFolder) : IRowStore
{
    private const char Mark = '@';
    private const string LockName = ".lock";

    private readonly string _folder = Path.Combine(dataFolder, "rows");
    private readonly ConcurrentDictionary<string, Partition> _partitions = new(StringComparer.Ordinal);
    private long _last;

    public async Task<StoredRow?> FindAsync(string partition, string key, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        RowRules.Check(partition, key);
        return Disk.Try(_folder, () => Of(partition).Read().GetValueOrDefault(key));
    }

    public async Task<ImmutableArray<StoredRow>> ListAsync(string partition, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        RowRules.Check(partition);
        return Disk.Try(_folder, () => Of(partition).Read().Values.ToImmutableArray());
    }

    public async Task<StoredRow?> PutAsync(string partition, string key, string content, string? version, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        RowRules.Check(partition, key, content);
        return Disk.Try(_folder, () => Of(partition).Alone(rows =>
        {
            StoredRow? known = rows.GetValueOrDefault(key);
            if (known?.Version != version)
            {
                return null;
            }

            StoredRow row = new(key, content, NextVersion(known));
            string path = Of(partition).PathOf(row);
            Disk.Replace(path, Encoding.UTF8.GetBytes(content), durable: false);
            if (known is not null)
            {
                File.Delete(Of(partition).PathOf(known));
            }

            return row;
        }));
    }

    public async Task<bool> DeleteAsync(string partition, string key, string version, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        RowRules.Check(partition, key);
        return Disk.Try(_folder, () => Of(partition).Alone(rows =>
        {
            if (rows.GetValueOrDefault(key) is not { } known || known.Version != version)
            {
                return false;
            }

            File.Delete(Of(partition).PathOf(known));
            return true;
        }));
    }

    private Partition Of(string name) => _partitions.GetOrAdd(name, found => new(Path.Combine(_folder, found)));

    /// <summary>Rises, and never comes again, also where the row is removed and made anew.</summary>
    private string NextVersion(StoredRow? known)
    {
        long before = known is null ? 0 : long.Parse(known.Version, NumberStyles.None, CultureInfo.InvariantCulture);
        long now = Math.Max(DateTimeOffset.UtcNow.Ticks, Math.Max(Volatile.Read(ref _last), before) + 1);
        Volatile.Write(ref _last, now);
        return now.ToString("D20", CultureInfo.InvariantCulture);
    }

    /// <summary>One folder, and what was read of it.</summary>
    private sealed class Partition(string folder)
    {
        private readonly Lock _gate = new();
        private Dictionary<string, StoredRow> _files = new(StringComparer.Ordinal);

        public string PathOf(StoredRow row) => Path.Combine(folder, $"{row.Key}{Mark}{row.Version}");

        /// <summary>The rows by their keys.</summary>
        public SortedDictionary<string, StoredRow> Read()
        {
            return Directory.Exists(folder) ? Alone(rows => rows) : new(StringComparer.Ordinal); // a listing beside a writer may see neither the old nor the new file
        }

        /// <summary>Does something with the rows while nothing else writes them.</summary>
        public T Alone<T>(Func<SortedDictionary<string, StoredRow>, T> use)
        {
            lock (_gate)
            {
                Directory.CreateDirectory(folder);
                using FileStream held = Disk.OpenWhenFree(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return use(ReadAlone());
            }
        }

        private SortedDictionary<string, StoredRow> ReadAlone()
        {
            SortedDictionary<string, StoredRow> rows = new(StringComparer.Ordinal);
            Dictionary<string, StoredRow> files = new(StringComparer.Ordinal);
            foreach (string path in Directory.EnumerateFiles(folder))
            {
                string name = Path.GetFileName(path);
                int mark = name.IndexOf(Mark, StringComparison.Ordinal);
                if (mark <= 0 || name.EndsWith(Disk.TemporarySuffix, StringComparison.Ordinal))
                {
                    continue;
                }

                if ((_files.GetValueOrDefault(name) ?? ReadFile(path, name[..mark], name[(mark + 1)..])) is { } row)
                {
                    files.Add(name, row);
                    if (!rows.TryGetValue(row.Key, out StoredRow? other) || string.CompareOrdinal(other.Version, row.Version) < 0)
                    {
                        rows[row.Key] = row;
                    }
                }
            }

            _files = files;
            return rows;
        }

        private static StoredRow? ReadFile(string path, string key, string version) =>
            Disk.Read(path) is { } content ? new(key, Encoding.UTF8.GetString(content), version) : null; // removed meanwhile
    }
}
