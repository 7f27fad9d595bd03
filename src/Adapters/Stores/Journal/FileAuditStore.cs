using System.Globalization;
using System.Text;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>The audit log as <c>audit/YEAR-MONTH-DAY.jsonl</c>, a line an entry, on the disk before it counts.</summary>
/// <remarks>Any number of processes may add: the file of the day is locked for each line. A last line that a crash tore is left out.</remarks>
internal sealed class FileAuditStore(string dataFolder) : IAuditStore
{
    private const string Suffix = ".jsonl";
    private const string DayFormat = "yyyy-MM-dd";

    private readonly string _folder = Path.Combine(dataFolder, "audit");
    private readonly Lock _gate = new();

    public async Task AppendAsync(AuditEntry entry, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(entry, EngineJson.Options), (byte)'\n'];
        Disk.Try(_folder, () =>
        {
            lock (_gate)
            {
                Directory.CreateDirectory(_folder);
                using FileStream file = Disk.OpenWhenFree(Path.Combine(_folder, Day(entry.At).ToString(DayFormat, CultureInfo.InvariantCulture) + Suffix), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                if (IsTorn(file))
                {
                    file.WriteByte((byte)'\n');
                }

                file.Write(line);
                file.Flush(flushToDisk: true);
                return true;
            }
        });
    }

    public async Task<Page<AuditEntry>> ListAsync(AuditQuery query, PageRequest page, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Disk.Try(_folder, () => AuditPages.Of(
            Days().Where(day => (query.From is not { } from || day.Day >= Day(from)) && (query.To is not { } to || day.Day <= Day(to))).SelectMany(day => Read(day.Path)), query, page));
    }

    public async Task PruneAsync(DateOnly before, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Disk.Try(_folder, () =>
        {
            foreach ((_, string path) in Days().Where(day => day.Day < before))
            {
                File.Delete(path);
            }

            return true;
        });
    }

    private static DateOnly Day(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime);

    private static bool IsTorn(FileStream file)
    {
        if (file.Length == 0)
        {
            return false;
        }

        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() != '\n';
    }

    /// <summary>The days that there are, newest first.</summary>
    private List<(DateOnly Day, string Path)> Days() => !Directory.Exists(_folder) ? [] :
    [
        .. from path in Directory.EnumerateFiles(_folder, "*" + Suffix)
           let day = DateOnly.TryParseExact(Path.GetFileNameWithoutExtension(path), DayFormat, out DateOnly parsed) ? parsed : (DateOnly?)null
           where day is not null
           orderby day descending
           select (day.Value, path),
    ];

    private static IEnumerable<AuditEntry> Read(string path) =>
        Lines(path).Select(Parse).OfType<AuditEntry>().DistinctBy(entry => entry.Id).OrderBy(entry => entry.Id, StringComparer.Ordinal);

    private static string[] Lines(string path)
    {
        try
        {
            using FileStream file = Disk.OpenWhenFree(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using StreamReader reader = new(file, Encoding.UTF8);
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (FileNotFoundException)
        {
            return []; // removed meanwhile
        }
    }

    private static AuditEntry? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<AuditEntry>(line, EngineJson.Options);
        }
        catch (JsonException)
        {
            return null; // torn by a crash
        }
    }
}
