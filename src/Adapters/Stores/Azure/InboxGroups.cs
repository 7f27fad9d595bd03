using System.Collections.Concurrent;
using Azure.Data.Tables;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Writes and removes rows of the inbox: what comes while a transaction of the same lane is under way shares the next one.</summary>
/// <remarks>
/// Nothing is held back to wait for company: where there is none, a request goes at once. So the cost of a row falls as the load grows: a transaction of ten rows costs little more than one of one row.
/// At most one transaction a lane is under way from this process. A request that is refused costs the others of its transaction one more.
/// </remarks>
internal sealed class InboxGroups(TableGateway rows)
{
    /// <summary>Most rows of one request, and of one transaction.</summary>
    public const int MaxRows = EntityRules.MaxOperations;

    /// <summary>Most requests that wait in a lane; more are refused at once.</summary>
    public const int MaxWaiting = 10_000;

    private const long MaxBytes = 2 << 20; // half of what a transaction may have

    private readonly ConcurrentDictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    /// <summary>Adds a row.</summary>
    /// <inheritdoc cref="SubmitAsync"/>
    public Task<TransactionResult> AddAsync(TableEntity row, CancellationToken cancellation) =>
        SubmitAsync(new([new(TableTransactionActionType.Add, row)], EntitySize.OnWire(row)) { Added = row }, cancellation);

    /// <summary>Removes rows, at most <see cref="MaxRows"/> and all of one lane, as their ETags say.</summary>
    /// <inheritdoc cref="SubmitAsync"/>
    public Task<TransactionResult> RemoveAsync(IReadOnlyList<TableEntity> present, CancellationToken cancellation) =>
        SubmitAsync(new([.. present.Select(static row => new TableTransactionAction(TableTransactionActionType.Delete, row, row.ETag))], present.Sum(EntitySize.OnWire)), cancellation);

    /// <param name="request">What is to be carried out: all of it or nothing, whatever becomes of others that share its transaction.</param>
    /// <param name="cancellation">Takes the request back; where it is on its way, it may be carried out all the same.</param>
    /// <exception cref="UnavailableException">The storage does not answer, or too many requests wait.</exception>
    private async Task<TransactionResult> SubmitAsync(Request request, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        EntityRules.Check(request.Actions); // what cannot be sent must not take others along
        await using CancellationTokenRegistration taken = cancellation.Register(() => request.Done.TrySetCanceled(cancellation));
        _lanes.GetOrAdd(request.Actions[0].Entity.PartitionKey, static (_, rows) => new(rows), rows).Add(request);
        return await request.Done.Task;
    }

    private sealed record Request(IReadOnlyList<TableTransactionAction> Actions, long Bytes)
    {
        /// <summary>The row, where that is all that it is about.</summary>
        public TableEntity? Added { get; init; }

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
                if (_waiting.Count >= MaxWaiting)
                {
                    throw new UnavailableException("table storage", $"{MaxWaiting} requests for the inbox wait already");
                }

                _waiting.Enqueue(request);
                if (_isUnderWay)
                {
                    return;
                }

                _isUnderWay = true;
            }

            using (ExecutionContext.SuppressFlow()) // what it sends is not of the one who came first
            {
                _ = Task.Run(SendAllAsync);
            }
        }

        private async Task SendAllAsync()
        {
            for (List<Request> group = Next(); group.Count > 0; group = Next())
            {
                while (group.Count > 0)
                {
                    int refused = await SendAsync(group);
                    if (refused < 0)
                    {
                        break;
                    }

                    await SendAsync([group[refused]]);
                    group.RemoveAt(refused);
                }
            }
        }

        /// <summary>Sends requests together.</summary>
        /// <returns>-1 where all were answered; otherwise nobody was, and this one of several may be why.</returns>
        private async Task<int> SendAsync(List<Request> group)
        {
            try
            {
                // Others may wait for it, too, so that it cannot be cancelled; the gateway limits its time.
                TransactionResult result = group is [{ Added: { } row }]
                    ? await rows.AddAsync(row, CancellationToken.None)
                    : await rows.SubmitAsync([.. group.SelectMany(static one => one.Actions)], CancellationToken.None);
                if (!result.Committed && group.Count > 1)
                {
                    return IndexOf(group, result.Failed ?? 0);
                }

                group.ForEach(one => one.Done.TrySetResult(result));
            }
            catch (Exception error)
            {
                if (error is not UnavailableException && group.Count > 1)
                {
                    return 0; // a row that the service does not take; which one, is not said
                }

                group.ForEach(one => one.Done.TrySetException(error));
            }

            return -1;
        }

        /// <summary>The request that an action of the transaction belongs to.</summary>
        private static int IndexOf(List<Request> group, int action)
        {
            int request = 0;
            for (int end = group[0].Actions.Count; end <= action && request < group.Count - 1; end += group[request].Actions.Count)
            {
                request++;
            }

            return request;
        }

        /// <summary>What waits and fits in one transaction, in the order in which it came; empty where nothing waits.</summary>
        private List<Request> Next()
        {
            List<Request> group = [];
            HashSet<string> keys = new(StringComparer.Ordinal);
            long bytes = 0;
            lock (_gate)
            {
                while (_waiting.TryPeek(out Request? request) && (request.Done.Task.IsCompleted || Fits(request)))
                {
                    _waiting.Dequeue();
                    if (request.Done.Task.IsCompleted)
                    {
                        continue; // taken back
                    }

                    keys.UnionWith(request.Actions.Select(static a => a.Entity.RowKey));
                    bytes += request.Bytes;
                    group.Add(request);
                }

                _isUnderWay = group.Count > 0;
            }

            return group;

            bool Fits(Request request) => group.Count == 0
                || (keys.Count + request.Actions.Count <= MaxRows && bytes + request.Bytes <= MaxBytes && request.Actions.All(a => !keys.Contains(a.Entity.RowKey)));
        }
    }
}
