using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Workers;

/// <summary>The rows of one site: its workers, its segments, and which experiments have begun.</summary>
/// <remarks>Every change is a read and a write that counts only where nobody wrote between; what meets its own work after a lost answer finds it done.</remarks>
internal sealed class BoardRows(IRowStore store, string site)
{
    private const string WorkerPrefix = "w-";
    private const string SegmentPrefix = "s-";
    private const string BegunPrefix = "b-";
    private const int Attempts = 20;

    private readonly string _partition = $"site-{site}";

    public static string KeyOf(SegmentId segment) => SegmentPrefix + segment.InstanceId;

    public async Task<Board> ListAsync(CancellationToken cancellation)
    {
        ImmutableArray<StoredRow> rows = await store.ListAsync(_partition, cancellation);
        return new(
            rows.Where(row => IsOf(row, WorkerPrefix)).Select(Read<WorkerRecord>).ToImmutableDictionary(row => row.Value.Id, StringComparer.Ordinal),
            [.. rows.Where(row => IsOf(row, SegmentPrefix)).Select(Read<BoardSegment>)],
            [.. rows.Where(row => IsOf(row, BegunPrefix)).Select(row => row.Key[BegunPrefix.Length..])]);
    }

    public async Task<BoardSegment?> FindAsync(SegmentId segment, CancellationToken cancellation) =>
        await store.FindAsync(_partition, KeyOf(segment), cancellation) is { } row ? Read<BoardSegment>(row).Value : null;

    public async Task<WorkerRecord?> FindWorkerAsync(string id, CancellationToken cancellation) =>
        await store.FindAsync(_partition, WorkerPrefix + id, cancellation) is { } row ? Read<WorkerRecord>(row).Value : null;

    /// <summary>Changes a segment.</summary>
    /// <param name="segment">Which.</param>
    /// <param name="change">What it becomes; itself for no change. Called again where others wrote meanwhile.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What it is now; null where there is none and none was made.</returns>
    public Task<BoardSegment?> ChangeAsync(SegmentId segment, Func<BoardSegment?, BoardSegment?> change, CancellationToken cancellation) =>
        ChangeRowAsync(KeyOf(segment), change, cancellation);

    /// <summary>Changes a worker, in the same way.</summary>
    public Task<WorkerRecord?> ChangeWorkerAsync(string id, Func<WorkerRecord?, WorkerRecord?> change, CancellationToken cancellation) =>
        ChangeRowAsync(WorkerPrefix + id, change, cancellation);

    /// <summary>Writes a segment over the version that was read.</summary>
    /// <returns>Whether nobody wrote it since.</returns>
    public async Task<bool> TryPutAsync(Versioned<BoardSegment> read, BoardSegment now, CancellationToken cancellation) =>
        await store.PutAsync(_partition, KeyOf(now.Segment), Write(now), read.Version, cancellation) is not null;

    /// <summary>Says that an experiment has begun.</summary>
    public Task BeginAsync(string experiment, CancellationToken cancellation) =>
        store.PutAsync(_partition, BegunPrefix + experiment, string.Empty, null, cancellation);

    /// <summary>Forgets that it has.</summary>
    public Task FinishAsync(string experiment, CancellationToken cancellation) => RemoveAsync(BegunPrefix + experiment, cancellation);

    public Task RemoveAsync(SegmentId segment, CancellationToken cancellation) => RemoveAsync(KeyOf(segment), cancellation);

    /// <summary>Removes a worker in the version that was read.</summary>
    /// <returns>Whether nobody wrote it since.</returns>
    public Task<bool> TryRemoveAsync(Versioned<WorkerRecord> read, CancellationToken cancellation) =>
        store.DeleteAsync(_partition, WorkerPrefix + read.Value.Id, read.Version, cancellation);

    public Task RemoveWorkerAsync(string id, CancellationToken cancellation) => RemoveAsync(WorkerPrefix + id, cancellation);

    private static bool IsOf(StoredRow row, string prefix) => row.Key.StartsWith(prefix, StringComparison.Ordinal);

    private static Versioned<T> Read<T>(StoredRow row) => new(JsonSerializer.Deserialize<T>(row.Content, EngineJson.Options)!, row.Version);

    private static string Write<T>(T value) => JsonSerializer.Serialize(value, EngineJson.Options);

    private async Task<T?> ChangeRowAsync<T>(string key, Func<T?, T?> change, CancellationToken cancellation)
        where T : class
    {
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            StoredRow? row = await store.FindAsync(_partition, key, cancellation);
            T? before = row is null ? null : Read<T>(row).Value;
            T? after = change(before);
            if (ReferenceEquals(before, after) || after is null)
            {
                return before;
            }

            if (await store.PutAsync(_partition, key, Write(after), row?.Version, cancellation) is not null)
            {
                return after;
            }
        }

        throw MetOthers("write", key);
    }

    private async Task RemoveAsync(string key, CancellationToken cancellation)
    {
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (await store.FindAsync(_partition, key, cancellation) is not { } row || await store.DeleteAsync(_partition, key, row.Version, cancellation))
            {
                return;
            }
        }

        throw MetOthers("remove", key);
    }

    private UnavailableException MetOthers(string what, string key) => new($"board of site '{site}'", $"{Attempts} attempts to {what} {key} met others");
}

/// <summary>A value and the version of its row.</summary>
internal sealed record Versioned<T>(T Value, string Version);

/// <summary>All rows of a site, as they were at one time.</summary>
/// <param name="Workers">By their ids.</param>
/// <param name="Segments">By ascending key.</param>
/// <param name="Begun">Experiments of which something was given out.</param>
internal sealed record Board(
    ImmutableDictionary<string, Versioned<WorkerRecord>> Workers, ImmutableArray<Versioned<BoardSegment>> Segments, ImmutableHashSet<string> Begun)
{
    /// <summary>Whether whoever leased a segment is still heard of.</summary>
    public bool IsHeld(BoardSegment segment, DateTimeOffset now) => Workers.TryGetValue(segment.Worker!, out Versioned<WorkerRecord>? worker) && worker.Value.IsAlive(now);

    /// <summary>How many segments somebody has.</summary>
    public int Leased => Segments.Count(row => row.Value.IsLeased);

    /// <summary>How many segments a worker has.</summary>
    public int CountOf(string worker) => Segments.Count(row => row.Value.IsLeased && row.Value.Worker == worker);
}
