using System.Collections.Immutable;
using Azure.Data.Tables;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Events that wait, one row each. Posting is one transaction, or a part of one.</summary>
internal sealed class AzureInbox(TableGateway rows, Heads heads, ValueStore values) : IInbox
{
    private const string Value = "Event";
    private const int Attempts = 5;

    private readonly PostGroups _posts = new(rows);

    /// <inheritdoc/>
    public async Task PostAsync(string experiment, ExperimentEvent happened, CancellationToken cancellation)
    {
        TableEntity row = await RowAsync(experiment, happened, cancellation);
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            int status = await _posts.PostAsync(row, cancellation);
            if (status == 404)
            {
                throw NotFound(experiment);
            }

            if (status == TransactionResult.Done)
            {
                return;
            }
        }

        throw new UnavailableException("table storage", $"{Attempts} attempts to post to experiment '{experiment}' met others");
    }

    public async Task<ImmutableArray<ExperimentEvent>> ReadAsync(string experiment, int max, CancellationToken cancellation)
    {
        if (max < 1)
        {
            return [];
        }

        (List<TableEntity> found, _) = await rows.TakeAsync(
            $"PartitionKey eq {experiment} and RowKey ge {RowKeys.EventsStart} and RowKey lt {RowKeys.EventsEnd}", max, cancellation);
        return [.. await values.ReadAllAsync<ExperimentEvent>(found, Value, rows, cancellation)];
    }

    private async Task<TableEntity> RowAsync(string experiment, ExperimentEvent happened, CancellationToken cancellation)
    {
        TableEntity row = new(experiment, RowKeys.Event(happened.Id)) { ["Kind"] = happened.GetType().Name };
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
        string folder = pending.FitInRows(size) ? "" : (await heads.FindAsync(experiment, cancellation))?.Folder ?? throw NotFound(experiment);
        await pending.PlaceAsync(values, folder, size, cancellation);
        return row;
    }

    private static NotFoundException NotFound(string experiment) => new("experiment", experiment);
}
