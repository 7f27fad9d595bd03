using System.Runtime.CompilerServices;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The log of turns, one row each; snapshots are blobs. A commit is one transaction, and one that removes the folded events from the inbox.</summary>
internal sealed class AzureTurnStore(TableGateway rows, AzureInbox inbox, Heads heads, ValueStore values) : ITurnStore
{
    private const int TurnsAPage = 100;
    private const int Attempts = 6;
    private const string SnapshotName = "snapshot.json.gz";

    private static readonly string[] ContentColumns = [TurnRow.Content];

    /// <inheritdoc/>
    /// <remarks>
    /// <para>After a refusal the head is read. If the turn is there with our content, it is our own commit whose answer was lost, in this call or in one before: it counts as done.</para>
    /// <para>Events wait in another partition, so that they cannot be removed in the same transaction. What a crash in between leaves there is removed before the next turn is committed,
    /// and a turn that folded it again is refused: so every event is folded once.</para>
    /// </remarks>
    public async Task<bool> CommitAsync(string experiment, TurnCommit commit, CancellationToken cancellation)
    {
        int before = commit.Turn.Number - 1;
        Head? head = heads.Known(experiment);
        bool isFresh = head is null or { Deleting: true } || head.Turn != before;
        if (isFresh)
        {
            head = await heads.FindAsync(experiment, cancellation);
        }

        CommitRows content = new(experiment, commit);
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (head is null)
            {
                throw new NotFoundException("experiment", experiment);
            }

            if (head.Turn != before)
            {
                if (head.Turn < before || !await IsOursAsync(experiment, commit.Turn.Number, content.Hash, cancellation))
                {
                    return false;
                }

                await RemoveEventsAsync(experiment, head.Folder, commit.Turn, look: true, cancellation);
                return true;
            }

            bool isSame = ExperimentIndex.KeyOf(new(commit.Summary.CreatedAt, experiment)) == head.IndexKey;
            if (!isSame && isFresh)
            {
                return false; // another experiment has the id now
            }

            if (isSame)
            {
                await RequireCleanAsync(experiment, head, commit, cancellation);
                TransactionResult result = await rows.SubmitAsync(await content.ActionsAsync(head, values, cancellation), cancellation);
                if (result.Committed)
                {
                    heads.Remember(experiment, result.FirstETag, head with { Turn = commit.Turn.Number, Removed = null });
                    await RemoveEventsAsync(experiment, head.Folder, commit.Turn, look: false, cancellation);
                    return true;
                }
            }

            head = await heads.FindAsync(experiment, cancellation);
            isFresh = true;
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

    /// <summary>Removes what is left of the events of the last turn, unless this process knows that nothing is.</summary>
    /// <exception cref="UnavailableException">The commit folded events that the last turn folded already, and that were not posted again since: they were read before they were removed.</exception>
    private async Task RequireCleanAsync(string experiment, Head head, TurnCommit commit, CancellationToken cancellation)
    {
        IEnumerable<string>? folded = head.Turn == 0 ? [] : head.Removed;
        if (folded is null && await rows.FindAsync(experiment, RowKeys.Turn(head.Turn), cancellation) is { } row)
        {
            Turn last = await values.ReadAsync<Turn>(row, TurnRow.Value, rows.Describe(experiment, row.RowKey), cancellation);
            await RemoveEventsAsync(experiment, head.Folder, last, look: true, cancellation);
            folded = last.Events.Select(static e => e.Id);
        }

        List<string> twice = [.. folded?.Intersect(commit.Turn.Events.Select(static e => e.Id), StringComparer.Ordinal) ?? []];
        if (twice.Count > 0 && head.Removed is not null)
        {
            HashSet<string> waiting = [.. (await inbox.WaitingAsync(experiment, cancellation)).Select(static row => row.RowKey)];
            twice.RemoveAll(id => waiting.Contains(InboxKeys.Event(experiment, id)));
        }

        if (twice is [var again, ..])
        {
            throw new UnavailableException($"experiment '{experiment}'", $"turn {commit.Turn.Number} folded event {again} again, which turn {head.Turn} folded and has removed now");
        }
    }

    private async Task RemoveEventsAsync(string experiment, string folder, Turn turn, bool look, CancellationToken cancellation)
    {
        await inbox.RemoveAsync(experiment, folder, turn.Events.Select(static e => e.Id), look, cancellation);
        heads.MarkClean(experiment, folder, turn);
    }
}
