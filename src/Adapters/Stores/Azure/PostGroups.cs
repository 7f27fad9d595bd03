using System.Runtime.InteropServices;
using Azure;
using Azure.Data.Tables;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Posts rows to experiments, those that come while others of the same experiment are under way in one transaction.</summary>
/// <remarks>
/// Nothing is held back to wait for company: where there is none, a post goes at once. Each transaction also touches the experiment's door,
/// and so fails where the experiment does not exist, or no longer. At most one transaction an experiment is under way from this process.
/// </remarks>
internal sealed class PostGroups(TableGateway rows)
{
    private const int MaxRows = 99; // and the door
    private const long MaxBytes = 2 << 20; // half of what a transaction may have

    private readonly Dictionary<string, Queue<Post>> _underWay = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Posts a row.</summary>
    /// <returns>The status of the transaction: done also where a row of that key is there.</returns>
    public Task<int> PostAsync(TableEntity row, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        EntityRules.Check(row); // what cannot be posted must not take others along
        Post post = new(row, EntitySize.OnWire(row), new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            ref Queue<Post>? waiting = ref CollectionsMarshal.GetValueRefOrAddDefault(_underWay, row.PartitionKey, out bool exists);
            if (exists)
            {
                waiting!.Enqueue(post);
                return post.Done.Task.WaitAsync(cancellation);
            }

            waiting = new();
        }

        _ = SendAsync(row.PartitionKey, [post]);
        return post.Done.Task.WaitAsync(cancellation);
    }

    private async Task SendAsync(string experiment, List<Post> group)
    {
        for (; group.Count > 0; group = Next(experiment))
        {
            try
            {
                TransactionResult result = await SubmitAsync(experiment, group);
                if (result.AlreadyExists && group.Count > 1)
                {
                    foreach (Post one in group)
                    {
                        one.End((await SubmitAsync(experiment, [one])).Meaning());
                    }
                }

                group.ForEach(one => one.End(result.Meaning()));
            }
            catch (Exception error)
            {
                group.ForEach(one => one.Done.TrySetException(error));
            }
        }
    }

    private Task<TransactionResult> SubmitAsync(string experiment, List<Post> group) => rows.SubmitAsync(
        [
            new(TableTransactionActionType.UpdateMerge, new TableEntity(experiment, RowKeys.Door), ETag.All),
            .. group.DistinctBy(static one => one.Row.RowKey).Select(static one => new TableTransactionAction(TableTransactionActionType.Add, one.Row)),
        ],
        CancellationToken.None); // others may wait for it, too; the gateway limits its time

    /// <summary>What waits and fits in one transaction; empty where nothing waits.</summary>
    private List<Post> Next(string experiment)
    {
        List<Post> group = [];
        lock (_gate)
        {
            Queue<Post> waiting = _underWay[experiment];
            long bytes = 0;
            while (group.Count < MaxRows && waiting.TryPeek(out Post? post) && (group.Count == 0 || bytes + post.Bytes <= MaxBytes))
            {
                bytes += post.Bytes;
                group.Add(waiting.Dequeue());
            }

            if (group.Count == 0)
            {
                _underWay.Remove(experiment);
            }
        }

        return group;
    }

    private sealed record Post(TableEntity Row, long Bytes, TaskCompletionSource<int> Done)
    {
        public void End(int status) => Done.TrySetResult(status);
    }
}
