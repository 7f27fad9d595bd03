using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Workers;

/// <summary>Gives the segments of a site to its workers, and takes them back.</summary>
internal sealed class BoardLeases(WorkersOptions options, BoardRows rows, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _leasing = new(1, 1);
    private volatile TaskCompletionSource _posted = NewSignal();

    private DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Gives segments to a worker, which counts as a sign of it.</summary>
    /// <param name="id">Which worker.</param>
    /// <param name="caller">Who fetches them: whoever registered it.</param>
    /// <param name="held">The leases that it has: others of its leases are answered again.</param>
    /// <param name="count">How many it wants at most.</param>
    /// <param name="wait">How long to wait where there is nothing.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The leases, none where nothing came in time; null where the worker is not registered (any more).</returns>
    /// <exception cref="ConflictException">Somebody else registered it.</exception>
    public async Task<ImmutableArray<BoardSegment>?> LeaseAsync(
        string id, Owner? caller, IReadOnlyCollection<string> held, int count, TimeSpan wait, CancellationToken cancellation)
    {
        DateTimeOffset latest = Now + wait;
        while (true)
        {
            Task posted = _posted.Task; // before looking: what comes meanwhile is not missed
            if (await TakeAsync(id, caller, held, count, cancellation) is not { } taken)
            {
                return null;
            }

            TimeSpan left = latest - Now;
            if (!taken.IsEmpty || left <= TimeSpan.Zero)
            {
                return taken;
            }

            await posted.WaitAsync(left < LookEvery ? left : LookEvery, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Gives a segment back unharmed: it waits for the next worker, which goes on from its last checkpoint.</summary>
    /// <returns>Whether the lease held.</returns>
    public async Task<bool> HandBackAsync(SegmentId segment, string lease, CancellationToken cancellation)
    {
        bool held = false;
        await rows.ChangeAsync(
            segment,
            known => (held = known is { IsLeased: true } && known.Lease == lease) ? Unleased(known!) : known,
            cancellation);
        Ring();
        return held;
    }

    /// <summary>Something was posted: whoever waits looks.</summary>
    public void Ring()
    {
        TaskCompletionSource posted = _posted;
        _posted = NewSignal();
        posted.TrySetResult();
    }

    public void Dispose() => _leasing.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static BoardSegment Unleased(BoardSegment segment) => segment with { Lease = null, Worker = null, LeasedAt = default };

    /// <summary>Looks once, and takes what there is.</summary>
    private async Task<ImmutableArray<BoardSegment>?> TakeAsync(string id, Owner? caller, IReadOnlyCollection<string> held, int count, CancellationToken cancellation)
    {
        await _leasing.WaitAsync(cancellation);
        try
        {
            Board board = await rows.ListAsync(cancellation);
            if (!board.Workers.TryGetValue(id, out Versioned<WorkerRecord>? row) || !row.Value.IsAlive(Now))
            {
                return null;
            }

            WorkerRecord worker = row.Value;
            worker.RequireOwn(caller);
            if (worker.LastSeen + (options.HeartbeatTimeout / 4) < Now)
            {
                worker = await rows.ChangeWorkerAsync(id, known => known is null ? null : known.SeenAt(Now, options), cancellation) ?? worker;
            }

            ImmutableArray<BoardSegment> mine = [.. board.Segments.Select(found => found.Value).Where(segment => segment.IsLeased && segment.Worker == id)];
            ImmutableArray<BoardSegment> unheard = [.. mine.Where(segment => !held.Contains(segment.Lease!)).Take(count)];
            int free = Math.Min(count - unheard.Length, worker.Slots - mine.Length);
            free = Math.Min(free, (options.MostLeased ?? int.MaxValue) - board.Leased);
            return worker.IsDraining || free <= 0 ? unheard : [.. unheard, .. await WithinLimitAsync(await TakeNewAsync(worker, board, free, cancellation), cancellation)];
        }
        finally
        {
            _leasing.Release();
        }
    }

    /// <summary>Gives back what is too much for the site because other hosts leased at the same time. At least one of them sees it.</summary>
    private async Task<List<BoardSegment>> WithinLimitAsync(List<BoardSegment> taken, CancellationToken cancellation)
    {
        if (options.MostLeased is { } most && taken.Count > 0)
        {
            for (int excess = (await rows.ListAsync(cancellation)).Leased - most; excess > 0 && taken.Count > 0; excess--)
            {
                await HandBackAsync(taken[^1].Segment, taken[^1].Lease!, cancellation);
                taken.RemoveAt(taken.Count - 1);
            }
        }

        return taken;
    }

    private async Task<List<BoardSegment>> TakeNewAsync(WorkerRecord worker, Board board, int free, CancellationToken cancellation)
    {
        ImmutableArray<WorkerRecord> ready = [.. board.Workers.Values.Select(row => row.Value).Where(known => known.IsAlive(Now) && !known.IsDraining)];
        HashSet<string> begun = [.. board.Begun];
        List<BoardSegment> taken = [];
        foreach (Versioned<BoardSegment> row in board.Segments
            .Where(row => row.Value.IsWaiting && worker.MayRun(row.Value.Segment.Experiment))
            .OrderBy(row => row.Value.PostedAt).ThenBy(row => row.Value.Segment.Trial))
        {
            string experiment = row.Value.Segment.Experiment;
            if (taken.Count == free || (!begun.Contains(experiment) && ready.Count(known => known.MayRun(experiment)) < options.MinWorkers))
            {
                continue;
            }

            if (begun.Add(experiment))
            {
                await rows.BeginAsync(experiment, cancellation);
            }

            BoardSegment leased = row.Value with { Worker = worker.Id, Lease = LeaseName.Create(row.Value.Segment, options.Site), LeasedAt = Now, Leases = row.Value.Leases + 1 };
            if (await rows.TryPutAsync(row, leased, cancellation))
            {
                taken.Add(leased);
            }
        }

        return taken;
    }
}
