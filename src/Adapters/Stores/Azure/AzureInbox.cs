using System.Collections.Immutable;
using Azure;
using Azure.Data.Tables;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Events that wait, one row each, in a table of their own.</summary>
/// <remarks>
/// That an experiment exists is believed for <see cref="Heads.Trusted"/> after it was seen. A post that comes so late to one that another process removed leaves a row behind,
/// which goes before the id is used again; if it comes after that look, it waits for the new experiment, as a post by the old one's trials would anyway.
/// </remarks>
internal sealed class AzureInbox(TableGateway rows, Heads heads, ValueStore values) : IInbox
{
    private const string Value = "Event";
    private const int Attempts = 5;

    private static readonly string[] Keys = ["PartitionKey", "RowKey", "Timestamp"];

    private readonly InboxGroups _groups = new(rows);

    /// <inheritdoc/>
    public async Task PostAsync(string experiment, ExperimentEvent happened, CancellationToken cancellation)
    {
        TableEntity row = await RowAsync(experiment, happened, cancellation);
        TransactionResult result = await _groups.AddAsync(row, cancellation);
        if (!result.Committed && !result.AlreadyExists)
        {
            throw new UnavailableException("table storage", $"it answered {result.Status} to an event of experiment '{experiment}'");
        }
    }

    public async Task<ImmutableArray<ExperimentEvent>> ReadAsync(string experiment, int max, CancellationToken cancellation)
    {
        if (max < 1)
        {
            return [];
        }

        return await TakeAsync(InboxKeys.Filter(experiment), max, cancellation);
    }

    public Task<ImmutableArray<ExperimentEvent>> ReadAsync(SegmentId segment, CancellationToken cancellation) => TakeAsync(InboxKeys.Filter(segment), int.MaxValue, cancellation);

    /// <summary>Removes events that were folded. Some of them may not wait (any more).</summary>
    /// <param name="experiment">Whose they are.</param>
    /// <param name="folder">Folder of the experiment's blobs, which tells it from another one that has the id later: that one's events stay.</param>
    /// <param name="ids">Which.</param>
    /// <param name="look">Whether some of them probably do not wait.</param>
    /// <param name="cancellation">Ends the removing; what is left can be removed later.</param>
    public async Task RemoveAsync(string experiment, string folder, IEnumerable<string> ids, bool look, CancellationToken cancellation)
    {
        Dictionary<string, TableEntity> left = ids.Select(id => InboxKeys.Event(experiment, id)).Distinct(StringComparer.Ordinal)
            .ToDictionary(static key => key, key => new TableEntity(InboxKeys.Lane(experiment), key) { ETag = ETag.All }, StringComparer.Ordinal);
        for (int attempt = 1; left.Count > 0; attempt++)
        {
            if (look)
            {
                left = (await WaitingAsync(experiment, cancellation)).Where(row => left.ContainsKey(row.RowKey)).ToDictionary(static row => row.RowKey, StringComparer.Ordinal);
                if (left.Count > 0 && (await heads.ReadAsync(experiment, cancellation))?.Folder != folder)
                {
                    return; // read after the rows: where it is still the same experiment, they are its own
                }
            }

            look = true;
            foreach (TableEntity[] some in left.Values.Chunk(InboxGroups.MaxRows).ToList())
            {
                if ((await _groups.RemoveAsync(some, cancellation)).Committed)
                {
                    Array.ForEach(some, row => left.Remove(row.RowKey));
                }
            }

            if (attempt == Attempts && left.Count > 0)
            {
                throw new UnavailableException($"experiment '{experiment}'", $"{Attempts} attempts to remove its folded events met others");
            }
        }
    }

    /// <summary>The rows of all events that wait, without their content.</summary>
    public async Task<List<TableEntity>> WaitingAsync(string experiment, CancellationToken cancellation)
    {
        List<TableEntity> waiting = [];
        await foreach (RowPage page in rows.QueryAsync(InboxKeys.Filter(experiment), TableGateway.MaxPage, cancellation, Keys))
        {
            waiting.AddRange(page.Rows);
        }

        return waiting;
    }

    /// <summary>Removes rows that belong to no experiment (any more), as they were read: an event that was posted anew under the same id stays.</summary>
    public async Task ClearAsync(IReadOnlyList<TableEntity> left, CancellationToken cancellation)
    {
        foreach (TableEntity[] some in left.Chunk(InboxGroups.MaxRows))
        {
            if (!(await _groups.RemoveAsync(some, cancellation)).Committed)
            {
                foreach (TableEntity row in some)
                {
                    // Whatever refuses it: it is gone, or not the row that was read.
                    await _groups.RemoveAsync([row], cancellation);
                }
            }
        }
    }

    private async Task<ImmutableArray<ExperimentEvent>> TakeAsync(FormattableString filter, int max, CancellationToken cancellation)
    {
        (List<TableEntity> found, _) = await rows.TakeAsync(filter, max, cancellation);
        return [.. await values.ReadAllAsync<ExperimentEvent>(found, Value, rows, cancellation)];
    }

    private async Task<TableEntity> RowAsync(string experiment, ExperimentEvent happened, CancellationToken cancellation)
    {
        TableEntity row = new(InboxKeys.Lane(experiment), InboxKeys.Event(experiment, happened.Id)) { ["Kind"] = happened.GetType().Name };
        (int Trial, int Segment)? about = happened switch
        {
            TrialReported reported => (reported.Trial, reported.Segment),
            SegmentEnded ended => (ended.Trial, ended.Segment),
            _ => null,
        };
        if (about is var (trial, segment))
        {
            row["Trial"] = trial;
            row["Segment"] = segment;
        }

        RowValues pending = new();
        pending.Add(row, Value, StoredValue.Of(happened));
        long size = EntitySize.OnWire(row);
        bool fits = pending.FitInRows(size);
        Head? head = fits && heads.IsTrusted(experiment) ? null : await heads.FindAsync(experiment, cancellation) ?? throw new NotFoundException("experiment", experiment);
        await pending.PlaceAsync(values, head?.Folder ?? string.Empty, size, cancellation);
        return row;
    }
}
