using Azure;
using Azure.Data.Tables;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Removes an experiment. May be run again, and by several at once, at any point of its way.</summary>
/// <remarks>
/// First its head is marked: from then on nobody finds it or commits to it, nor posts to it once what others saw is old. Then its rows go, its events, its blobs, its row in the index, and
/// last its head. Every transaction on its rows also touches the head as it was read, and events are removed as they were read while the head was there: so one that is late cannot
/// remove anything of an experiment that was created anew under the same id.
/// </remarks>
internal sealed class ExperimentDeletion(TableGateway rows, ExperimentIndex index, AzureInbox inbox, Heads heads, ValueStore values)
{
    private const int RowsAtOnce = EntityRules.MaxOperations - 1;
    private const int RefusalsBeforeGivingUp = 20;

    private static readonly string[] Keys = ["PartitionKey", "RowKey"];

    /// <param name="id">Which.</param>
    /// <param name="folder">Folder of its blobs, which tells it from another one that gets the id; null for the one that has it now.</param>
    /// <param name="cancellation">Ends the removing; the rest can be done later.</param>
    /// <exception cref="UnavailableException">Others keep changing it.</exception>
    public async Task RunAsync(string id, string? folder, CancellationToken cancellation)
    {
        int refusals = 0;
        while (await heads.ReadAsync(id, cancellation) is { } head && head.Folder == (folder ??= head.Folder))
        {
            heads.Forget(id);
            bool done = head.Deleting ? await RemoveAsync(id, head, cancellation) : await MarkAsync(id, head, cancellation);
            refusals = done ? 0 : refusals + 1;
            if (refusals == RefusalsBeforeGivingUp)
            {
                throw new UnavailableException($"experiment '{id}'", "it is being changed all the time, and cannot be deleted");
            }
        }
    }

    private async Task<bool> MarkAsync(string id, Head head, CancellationToken cancellation) => (await rows.SubmitAsync([Touch(id, head)], cancellation)).Committed;

    private async Task<bool> RemoveAsync(string id, Head head, CancellationToken cancellation)
    {
        (List<TableEntity> found, _) = await rows.TakeAsync(
            $"PartitionKey eq {id} and (RowKey lt {RowKeys.Head} or RowKey gt {RowKeys.Head})", RowsAtOnce, cancellation, Keys);
        if (found.Count > 0)
        {
            return (await rows.SubmitAsync([Touch(id, head), .. found.Select(row => Remove(id, row.RowKey))], cancellation)).Committed;
        }

        List<TableEntity> events = await inbox.WaitingAsync(id, cancellation);
        if ((await heads.ReadAsync(id, cancellation))?.Folder != head.Folder)
        {
            return true; // somebody else ended it, and what waits may be of another one
        }

        await inbox.ClearAsync(events, cancellation);
        await values.Blobs.DeleteAsync(head.Folder, cancellation);
        await index.DeleteAsync(head.IndexKey, cancellation);
        return (await rows.SubmitAsync([new(TableTransactionActionType.Delete, new TableEntity(id, RowKeys.Head), head.ETag)], cancellation)).Committed;
    }

    private static TableTransactionAction Touch(string id, Head head) =>
        new(TableTransactionActionType.UpdateMerge, new TableEntity(id, RowKeys.Head) { [HeadRow.Deleting] = true }, head.ETag);

    private static TableTransactionAction Remove(string id, string row) =>
        new(TableTransactionActionType.Delete, new TableEntity(id, row), ETag.All);
}
