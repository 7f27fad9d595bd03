using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Azure;
using Azure.Data.Tables;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Reads the rows of experiments, and remembers what a commit needs of them, so that it need not read first. What is remembered may be old: the ETag tells.</summary>
internal sealed class Heads(TableGateway rows, ValueStore values)
{
    /// <summary>How long it is believed, for posts alone, that an experiment that was seen exists.</summary>
    public static readonly TimeSpan Trusted = TimeSpan.FromMinutes(1);

    private const int Capacity = 4096;

    private readonly ConcurrentDictionary<string, Head> _known = new(StringComparer.Ordinal);

    /// <summary>What this process last saw; null where it saw nothing.</summary>
    public Head? Known(string id) => _known.GetValueOrDefault(id);

    /// <summary>Remembers the state after a transaction.</summary>
    /// <param name="id">Which experiment.</param>
    /// <param name="etag">What the transaction made of the ETag; null where the service did not say.</param>
    /// <param name="head">Everything else.</param>
    public void Remember(string id, ETag? etag, Head head)
    {
        if (etag is { } known)
        {
            Remember(id, head with { ETag = known });
        }
        else
        {
            Forget(id);
        }
    }

    /// <summary>Remembers that the events of an experiment's last turn wait no more.</summary>
    public void MarkClean(string id, string folder, Turn turn)
    {
        if (_known.TryGetValue(id, out Head? known) && known.Turn == turn.Number && known.Folder == folder)
        {
            _known.TryUpdate(id, known with { Removed = [.. turn.Events.Select(static e => e.Id)] }, known);
        }
    }

    /// <summary>Whether an experiment was seen a moment ago.</summary>
    public bool IsTrusted(string id) => Known(id) is { Deleting: false } known && Stopwatch.GetElapsedTime(known.SeenAt) < Trusted;

    public void Forget(string id) => _known.TryRemove(id, out _);

    /// <summary>Reads where an experiment stands; null where there is none. One that is being deleted is still there.</summary>
    public async Task<Head?> ReadAsync(string id, CancellationToken cancellation) => await RowAsync(id, cancellation) is { } row ? Read(id, row) : null;

    /// <summary>Reads where an experiment stands; null where there is none, or it is being deleted.</summary>
    public async Task<Head?> FindAsync(string id, CancellationToken cancellation) => await ReadAsync(id, cancellation) is { Deleting: false } head ? head : null;

    /// <summary>Reads an experiment; null where there is none, it is being deleted, or it is listed under another key than the one asked for.</summary>
    public async Task<ExperimentRecord?> FindRecordAsync(string id, string? indexKey, CancellationToken cancellation)
    {
        if (await RowAsync(id, cancellation) is not { } row || Read(id, row) is not { Deleting: false } head || (indexKey ?? head.IndexKey) != head.IndexKey)
        {
            return null;
        }

        string where = rows.Describe(id, RowKeys.Head);
        return new(
            id,
            await values.ReadAsync<ExperimentDefinition>(row, HeadRow.Definition, where, cancellation),
            await values.ReadAsync<ExperimentSummary>(row, HeadRow.Summary, where, cancellation));
    }

    private Head Remember(string id, Head head)
    {
        if (_known.TryGetValue(id, out Head? known) && known.Folder == head.Folder && known.Turn > head.Turn)
        {
            return head; // read before the commit that is remembered already
        }

        if (_known.Count >= Capacity && known is null)
        {
            // Rare, and everything in it can be read again.
            _known.Clear();
        }

        ImmutableHashSet<string>? removed = known is not null && known.Folder == head.Folder && known.Turn == head.Turn ? known.Removed : null;
        return _known[id] = head with { Removed = head.Removed ?? removed, SeenAt = Stopwatch.GetTimestamp() };
    }

    private async Task<TableEntity?> RowAsync(string id, CancellationToken cancellation)
    {
        TableEntity? row = await rows.FindAsync(id, RowKeys.Head, cancellation);
        if (row is null)
        {
            Forget(id);
        }

        return row;
    }

    private Head Read(string id, TableEntity row)
    {
        try
        {
            Head head = new(
                row.ETag,
                Columns.ReadInt(row, HeadRow.Turn),
                Columns.ReadText(row, HeadRow.Folder),
                Columns.ReadText(row, HeadRow.IndexKey),
                row.ContainsKey(HeadRow.Deleting));
            return Remember(id, head);
        }
        catch (FormatException e)
        {
            throw new CorruptDataException(rows.Describe(id, RowKeys.Head), e.Message, e);
        }
    }
}

/// <summary>Where an experiment stands, as far as writing to it is concerned.</summary>
/// <param name="ETag">Version of its row.</param>
/// <param name="Turn">Last committed turn.</param>
/// <param name="Folder">Folder of its blobs, with a slash at the end.</param>
/// <param name="IndexKey">Key of its row in the index.</param>
/// <param name="Deleting">Whether its deletion has begun.</param>
internal sealed record Head(ETag ETag, int Turn, string Folder, string IndexKey, bool Deleting)
{
    /// <summary>Ids of the events of the last turn, where this process knows that they were removed from the inbox; null where it does not.</summary>
    public ImmutableHashSet<string>? Removed { get; init; }

    /// <summary>When this process saw it last, as a time stamp of <see cref="Stopwatch"/>.</summary>
    public long SeenAt { get; init; }
}
