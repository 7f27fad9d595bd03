using Azure.Data.Tables;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Experiments in tables.</summary>
internal sealed class AzureExperimentStore(TableGateway rows, ExperimentIndex index, AzureInbox inbox, Heads heads, ValueStore values) : IExperimentStore
{
    private const int ReadsAtOnce = 16;
    private const int FolderNameLength = 12;

    public async Task<bool> CreateAsync(ExperimentRecord experiment, CancellationToken cancellation)
    {
        string id = experiment.Id;
        List<TableEntity> left = await inbox.WaitingAsync(id, cancellation); // before the look at the head: events of one that another process creates now must not be among them
        if (await heads.ReadAsync(id, cancellation) is { } present)
        {
            if (!present.Deleting)
            {
                return false;
            }

            await Deletion.RunAsync(id, present.Folder, cancellation); // somebody began it and could not finish
        }

        await inbox.ClearAsync(left, cancellation);
        string key = ExperimentIndex.KeyOf(new(experiment.Summary.CreatedAt, id));
        string folder = $"{id}/{Guid.NewGuid().ToString("N")[..FolderNameLength]}/";
        RowValues pending = new();
        TableEntity head = HeadRow.Create(experiment, folder, key, pending);
        await pending.PlaceAsync(values, folder, EntitySize.OnWire(head), cancellation);
        await index.PutAsync(experiment, key, cancellation);
        TransactionResult result = await rows.AddAsync(head, cancellation);
        if (!result.Committed)
        {
            return await IsOursAsync(id, folder, key, cancellation);
        }

        heads.Remember(id, result.FirstETag, new(default, experiment.Summary.Turn, folder, key, Deleting: false));
        return true;
    }

    public Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation) => heads.FindRecordAsync(id, indexKey: null, cancellation);

    public async Task<Page<ExperimentRecord>> ListAsync(PageRequest page, CancellationToken cancellation)
    {
        int size = Paging.CheckSize(page);
        ExperimentKey? last = page.Continuation is null ? null : ExperimentKey.Parse(page.Continuation) ?? throw Paging.Foreign(page);
        (List<ExperimentKey> keys, bool more) = await index.TakeAsync(last, size, cancellation);
        ExperimentRecord?[] found = new ExperimentRecord?[keys.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, keys.Count),
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellation },
            async (i, ending) => found[i] = await heads.FindRecordAsync(keys[i].Id, ExperimentIndex.KeyOf(keys[i]), ending));
        return new([.. found.OfType<ExperimentRecord>()], more ? keys[^1].ToString() : null);
    }

    public Task DeleteAsync(string id, CancellationToken cancellation) => Deletion.RunAsync(id, folder: null, cancellation);

    private ExperimentDeletion Deletion => new(rows, index, inbox, heads, values);

    /// <summary>Either our own transaction created it and the answer was lost, or somebody else was faster: the folder tells.</summary>
    private async Task<bool> IsOursAsync(string id, string folder, string key, CancellationToken cancellation)
    {
        Head? present = await heads.ReadAsync(id, cancellation);
        if (present?.Folder == folder)
        {
            return true;
        }

        if (present?.IndexKey != key)
        {
            await index.DeleteAsync(key, cancellation);
        }

        await values.Blobs.DeleteAsync(folder, cancellation);
        return false;
    }
}
