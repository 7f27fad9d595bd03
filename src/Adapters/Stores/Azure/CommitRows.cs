using Azure.Data.Tables;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The rows that one commit writes.</summary>
internal sealed class CommitRows(string experiment, TurnCommit commit)
{
    private readonly StoredValue _turn = StoredValue.Of(commit.Turn);
    private TableTransactionAction[]? _writes;
    private TableEntity? _head;
    private string? _folder;

    /// <summary>Hash of the turn.</summary>
    public string Hash => _turn.Hash;

    /// <summary>The transaction; values that do not fit are written to blobs before.</summary>
    /// <param name="head">The experiment as it was read. Its turn is the one before.</param>
    /// <param name="values">Where the blobs are.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public async Task<IReadOnlyList<TableTransactionAction>> ActionsAsync(
        Head head, ValueStore values, CancellationToken cancellation)
    {
        if (_folder != head.Folder)
        {
            await PrepareAsync(head.Folder, values, cancellation);
        }

        return [new(TableTransactionActionType.UpdateMerge, _head, head.ETag), .. _writes!];
    }

    private async Task PrepareAsync(string folder, ValueStore values, CancellationToken cancellation)
    {
        RowValues pending = new();
        _head = HeadRow.Change(experiment, commit.Turn.Number, commit.Summary, pending);
        _writes =
        [
            new(TableTransactionActionType.Add, TurnRow.Create(experiment, commit.Turn, _turn, pending)),
            .. commit.Trials.Select(trial => new TableTransactionAction(TableTransactionActionType.UpsertReplace, TrialRow.Create(experiment, trial, pending))),
        ];
        long size = EntitySize.OnWire(_head) + _writes.Sum(static a => EntitySize.OnWire((TableEntity)a.Entity));
        await pending.PlaceAsync(values, folder, size, cancellation);
        _folder = folder;
    }
}
