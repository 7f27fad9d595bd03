using System.Runtime.CompilerServices;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The log of turns, one row each; snapshots are blobs. A commit is one transaction, and mostly one request.</summary>
internal sealed class AzureTurnStore(TableGateway rows, Heads heads, ValueStore values) : ITurnStore
{
    private const int TurnsAPage = 100;
    private const int Attempts = 6;
    private const string SnapshotName = "snapshot.json.gz";

    private static readonly string[] ContentColumns = [TurnRow.Content];

    /// <inheritdoc/>
    /// <remarks>
    /// After a refusal the head is read. If the turn is there with our content, it is our own commit whose answer was lost, in this call or in one before: it counts as done.
    /// If the head still stands at the turn before, the refusal came from events that do not wait (any more): the transaction is sent again without them.
    /// </remarks>
    public async Task<bool> CommitAsync(string experiment, TurnCommit commit, CancellationToken cancellation)
    {
        int before = commit.Turn.Number - 1;
        Head? head = heads.Known(experiment);
        if (head is null or { Deleting: true } || head.Turn != before)
        {
            head = await heads.FindAsync(experiment, cancellation);
        }

        CommitRows content = new(experiment, commit);
        HashSet<string>? waiting = null;
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (head is null)
            {
                throw new NotFoundException("experiment", experiment);
            }

            if (head.Turn != before)
            {
                return head.Turn > before && await IsOursAsync(experiment, commit.Turn.Number, content.Hash, cancellation);
            }

            TransactionResult result = await rows.SubmitAsync(await content.ActionsAsync(head, waiting, values, cancellation), cancellation);
            if (result.Committed)
            {
                heads.Remember(experiment, result.FirstETag, head with { Turn = commit.Turn.Number });
                return true;
            }

            head = await heads.FindAsync(experiment, cancellation);
            waiting = head?.Turn == before ? await WaitingAsync(experiment, cancellation) : null;
        }

        throw new UnavailableException($"experiment '{experiment}'", $"turn {commit.Turn.Number} was refused {Attempts} times, and no other turn took its place");
    }

    public async IAsyncEnumerable<Turn> ReadAsync(string experiment, int from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string first = RowKeys.Turn(Math.Max(from, 0));
        FormattableString filter = $"PartitionKey eq {experiment} and RowKey ge {first} and RowKey lt {RowKeys.TurnsEnd}";
        await foreach (RowPage page in rows.QueryAsync(filter, TurnsAPage, cancellation))
        {
            foreach (Turn turn in await values.ReadAllAsync<Turn>(page.Rows, TurnRow.Value, rows, cancellation))
            {
                yield return turn;
            }
        }
    }

    public async Task SaveSnapshotAsync(string experiment, ExperimentSnapshot snapshot, CancellationToken cancellation)
    {
        Head head = await heads.FindAsync(experiment, cancellation) ?? throw new NotFoundException("experiment", experiment);
        await values.Blobs.PutAsync(head.Folder + SnapshotName, StoredValue.Compressed(snapshot), cancellation);
    }

    public async Task<ExperimentSnapshot?> FindSnapshotAsync(string experiment, CancellationToken cancellation)
    {
        if (await heads.FindAsync(experiment, cancellation) is not { } head
            || await values.Blobs.FindAsync(head.Folder + SnapshotName, cancellation) is not { } content)
        {
            return null;
        }

        try
        {
            return StoredValue.Read<ExperimentSnapshot>(content);
        }
        catch (Exception e) when (ValueStore.IsDamage(e))
        {
            return null; // the turns are all there is; a snapshot only saves time
        }
    }

    private async Task<bool> IsOursAsync(string experiment, int turn, string hash, CancellationToken cancellation) =>
        await rows.FindAsync(experiment, RowKeys.Turn(turn), cancellation, ContentColumns) is { } row && row.GetString(TurnRow.Content) == hash;

    private async Task<HashSet<string>> WaitingAsync(string experiment, CancellationToken cancellation)
    {
        HashSet<string> waiting = new(StringComparer.Ordinal);
        FormattableString filter = $"PartitionKey eq {experiment} and RowKey ge {RowKeys.EventsStart} and RowKey lt {RowKeys.EventsEnd}";
        await foreach (RowPage page in rows.QueryAsync(filter, TableGateway.MaxPage, cancellation, ["PartitionKey", "RowKey"]))
        {
            waiting.UnionWith(page.Rows.Select(static row => row.RowKey));
        }

        return waiting;
    }
}
