using System.Collections.Concurrent;
using Azure.Data.Tables;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Writes and removes rows of the inbox: what comes while a transaction of the same lane is under way shares the next one.</summary>
/// <remarks>
/// Nothing is held back to wait for company: where there is none, a request goes at once. So the cost of a row falls as the load grows: a transaction of ten rows costs little more than one of one row.
/// At most one transaction a lane is under way from this process.
/// </remarks>
internal sealed class InboxGroups(TableGateway rows)
{
    /// <summary>Most rows of one request, and of one transaction.</summary>
    public const int MaxRows = EntityRules.MaxOperations;

    private const long MaxBytes = 2 << 20; // half of what a transaction may have

    private readonly ConcurrentDictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    /// <summary>Carries a request out, all of it or nothing, whatever becomes of others that share its transaction.</summary>
    /// <param name="actions">At most <see cref="MaxRows"/>, all of one lane.</param>
    /// <param name="cancellation">Ends the waiting; the request may be carried out all the same.</param>
    public Task<TransactionResult> SubmitAsync(IReadOnlyList<TableTransactionAction> actions, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        EntityRules.Check(actions); // what cannot be sent must not take others along
        Request request = new(actions, actions.Sum(static a => EntitySize.OnWire((TableEntity)a.Entity)));
        _lanes.GetOrAdd(actions[0].Entity.PartitionKey, static (_, rows) => new(rows), rows).Add(request);
        return request.Done.Task.WaitAsync(cancellation);
    }

    private sealed record Request(IReadOnlyList<TableTransactionAction> Actions, long Bytes)
    {
        public TaskCompletionSource<TransactionResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Lane(TableGateway rows)
    {
        private readonly Queue<Request> _waiting = new();
        private readonly Lock _gate = new();
        private bool _isUnderWay;

        public void Add(Request request)
        {
            lock (_gate)
            {
                _waiting.Enqueue(request);
                if (_isUnderWay)
                {
                    return;
                }

                _isUnderWay = true;
            }

            _ = SendAllAsync();
        }

        private async Task SendAllAsync()
        {
            for (List<Request> group = Next(); group.Count > 0; group = Next())
            {
                if (!await TrySendAsync(group) && group.Count > 1)
                {
                    foreach (Request one in group)
                    {
                        await TrySendAsync([one]);
                    }
                }
            }
        }

        /// <summary>Sends requests together.</summary>
        /// <returns>False, and nobody was told anything, where several were refused because of one of them.</returns>
        private async Task<bool> TrySendAsync(List<Request> group)
        {
            try
            {
                // Others may wait for it, too, so that it cannot be cancelled; the gateway limits its time.
                TransactionResult result = await rows.SubmitAsync([.. group.SelectMany(static one => one.Actions)], CancellationToken.None);
                if (!result.Committed && group.Count > 1)
                {
                    return false;
                }

                group.ForEach(one => one.Done.TrySetResult(result));
            }
            catch (Exception error)
            {
                group.ForEach(one => one.Done.TrySetException(error));
            }

            return true;
        }

        /// <summary>What waits and fits in one transaction, in the order in which it came; empty where nothing waits.</summary>
        private List<Request> Next()
        {
            List<Request> group = [];
            HashSet<string> keys = new(StringComparer.Ordinal);
            long bytes = 0;
            lock (_gate)
            {
                while (_waiting.TryPeek(out Request? request)
                    && (group.Count == 0 || (keys.Count + request.Actions.Count <= MaxRows && bytes + request.Bytes <= MaxBytes && request.Actions.All(a => !keys.Contains(a.Entity.RowKey)))))
                {
                    keys.UnionWith(request.Actions.Select(static a => a.Entity.RowKey));
                    bytes += request.Bytes;
                    group.Add(_waiting.Dequeue());
                }

                _isUnderWay = group.Count > 0;
            }

            return group;
        }
    }
}
