using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Workers;

/// <summary>Where the segments of one site wait for workers, and who the workers are. Any number of processes may open the same board.</summary>
/// <remarks>
/// <para>A segment is given out once: a lease is a write that counts only where nobody wrote since the board was read. A lease that its worker does not know, because the answer was lost, is answered again.</para>
/// <para>What is posted by this process wakes those who wait in it at once; others look every second.</para>
/// </remarks>
public sealed class WorkerBoard : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RecordKept = TimeSpan.FromHours(1);
    private const int LongestText = 4000;

    private readonly WorkersOptions _options;
    private readonly BoardRows _rows;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _leasing = new(1, 1);
    private volatile TaskCompletionSource _posted = NewSignal();
    private readonly DateTimeOffset _opened;

    /// <param name="options">The site.</param>
    /// <param name="store">Where its rows are.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="InvalidInputException">The options have faults; lists all of them.</exception>
    public WorkerBoard(WorkersOptions options, IRowStore store, TimeProvider time)
    {
        _options = options.Validated();
        _rows = new(store, options.Site);
        _time = time;
        _opened = Now;
    }

    /// <summary>The site.</summary>
    public WorkersOptions Options => _options;

    internal BoardRows Rows => _rows;

    private DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Takes in a worker. Doing it twice is doing it once.</summary>
    /// <returns>The worker as it is now, and whether the site has more slots by it.</returns>
    /// <exception cref="ConflictException">Somebody else registered a worker of this id.</exception>
    public async Task<(WorkerRecord Worker, bool IsMore)> RegisterAsync(WorkerRecord worker, CancellationToken cancellation)
    {
        bool more = false;
        WorkerRecord? now = await _rows.ChangeWorkerAsync(
            worker.Id,
            known =>
            {
                known?.RequireOwn(worker.Owner);
                more = known is null || !known.IsAlive(Now) || known.IsDraining || known.Slots < worker.Slots;
                return Seen(worker) with { RegisteredAt = known?.RegisteredAt ?? Now };
            },
            cancellation);
        return (now!, more);
    }

    /// <summary>A worker says that it is there and what it runs.</summary>
    /// <param name="id">Which worker.</param>
    /// <param name="caller">Who says so: whoever registered it.</param>
    /// <param name="held">The leases that it has.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The worker, and which of its leases are over; null where it is not registered (any more).</returns>
    /// <exception cref="ConflictException">Somebody else registered it.</exception>
    public async Task<(WorkerRecord Worker, ImmutableArray<string> Gone)?> BeatAsync(
        string id, Owner? caller, IReadOnlyCollection<string> held, CancellationToken cancellation)
    {
        WorkerRecord? worker = await ChangeIfAliveAsync(
            id,
            known =>
            {
                known.RequireOwn(caller);
                return Seen(known);
            },
            cancellation);
        if (worker is null)
        {
            return null;
        }

        Board board = await ListAsync(cancellation);
        HashSet<string> leased = [];
        foreach (BoardSegment segment in board.Segments.Select(row => row.Value).Where(segment => segment.IsLeased && segment.Worker == id))
        {
            leased.Add(segment.Lease!);
            if (!held.Contains(segment.Lease!) && segment.LeasedAt + _options.HeartbeatTimeout < Now)
            {
                await HandBackAsync(segment.Segment, segment.Lease!, cancellation); // it never heard of it
            }
        }

        return (worker, [.. held.Where(lease => !leased.Contains(lease))]);
    }

    /// <summary>Something was heard of what a worker runs, from whoever showed the lease.</summary>
    public Task HearAsync(string id, CancellationToken cancellation) => ChangeIfAliveAsync(id, Seen, cancellation);

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

            await posted.WaitAsync(left < LookEvery ? left : LookEvery, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <exception cref="ConflictException">There is a worker of this id, and somebody else registered it.</exception>
    public async Task RequireOwnAsync(string id, Owner? caller, CancellationToken cancellation) =>
        (await FindWorkerAsync(id, cancellation))?.RequireOwn(caller);

    /// <summary>A worker; null where none of this id is registered (any more).</summary>
    public async Task<WorkerRecord?> FindWorkerAsync(string id, CancellationToken cancellation) =>
        WorkerRecord.IsId(id) ? await _rows.FindWorkerAsync(id, cancellation) : null;

    /// <summary>Has a worker take nothing new. It hears of it with its next request.</summary>
    /// <returns>The worker; null where there is none.</returns>
    public async Task<WorkerRecord?> DrainAsync(string id, CancellationToken cancellation)
    {
        WorkerRecord? worker = await _rows.ChangeWorkerAsync(id, known => known is null || known.IsDraining ? known : known with { IsDraining = true }, cancellation);
        return worker;
    }

    /// <summary>A worker ends: what it leased waits for others again.</summary>
    public async Task LeaveAsync(string id, CancellationToken cancellation)
    {
        await _rows.RemoveWorkerAsync(id, cancellation);
        foreach (BoardSegment segment in (await ListAsync(cancellation)).Segments.Select(row => row.Value).Where(segment => segment.IsLeased && segment.Worker == id))
        {
            await HandBackAsync(segment.Segment, segment.Lease!, cancellation);
        }
    }

    /// <summary>One of those who ask under an id needs it no more: it goes, unless a trial is leased by it or somebody asked since.</summary>
    /// <param name="id">Which asker.</param>
    /// <param name="request">Who needs it no more; null: whoever asked last.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task LeaveIdleAsync(string id, string? request, CancellationToken cancellation)
    {
        Board board = await ListAsync(cancellation);
        if (board.Workers.TryGetValue(id, out Versioned<WorkerRecord>? row) && row.Value.Asks && (request is null || row.Value.Request == request) && board.CountOf(id) == 0)
        {
            await _rows.TryRemoveAsync(row, cancellation);
        }
    }

    /// <summary>Gives a segment back unharmed: it waits for the next worker, which goes on from its last checkpoint.</summary>
    /// <returns>Whether the lease held.</returns>
    public async Task<bool> HandBackAsync(SegmentId segment, string lease, CancellationToken cancellation)
    {
        bool held = false;
        await _rows.ChangeAsync(
            segment,
            known => (held = known is { IsLeased: true } && known.Lease == lease) ? Unleased(known!) : known,
            cancellation);
        Ring();
        return held;
    }

    /// <summary>A segment is lost: its worker could not run it to an end.</summary>
    /// <returns>Whether the lease held.</returns>
    public async Task<bool> LoseAsync(SegmentId segment, string lease, string error, CancellationToken cancellation)
    {
        bool held = false;
        await _rows.ChangeAsync(
            segment,
            known => (held = known is { IsLeased: true } && known.Lease == lease) ? Over(known!, Lost(known!, error)) : known,
            cancellation);
        return held;
    }

    /// <summary>The segment of a lease, wherever it stands; null where there is none.</summary>
    public async Task<BoardSegment?> FindAsync(string lease, CancellationToken cancellation) =>
        (await ListAsync(cancellation)).Segments.Select(row => row.Value).FirstOrDefault(segment => segment.Lease == lease);

    /// <summary>A segment on the board; null where it is not there.</summary>
    public Task<BoardSegment?> FindAsync(SegmentId segment, CancellationToken cancellation) => _rows.FindAsync(segment, cancellation);

    /// <summary>Whether a lease holds.</summary>
    public async Task<bool> HoldsAsync(SegmentId segment, string lease, CancellationToken cancellation) =>
        await _rows.FindAsync(segment, cancellation) is { IsLeased: true } known && known.Lease == lease;

    /// <summary>A segment ended. Told again by the same lease it is taken again.</summary>
    /// <param name="segment">Which.</param>
    /// <param name="lease">Who says so; null: whoever may tell without one.</param>
    /// <param name="outcome">How; without reports that are in the experiment's inbox.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>False, and nothing is changed, where the lease is over.</returns>
    public async Task<bool> EndAsync(SegmentId segment, string? lease, SegmentOutcome outcome, CancellationToken cancellation)
    {
        bool taken = false;
        await _rows.ChangeAsync(
            segment,
            known =>
            {
                taken = known is not null && (lease is null ? known.Outcome is null : known.Lease == lease);
                return taken && known!.Outcome is null ? known with { Outcome = Short(outcome) } : known;
            },
            cancellation);
        return taken;
    }

    /// <summary>All workers, and who asked for trials; those that were lost for an hour, by their names.</summary>
    public async Task<ImmutableArray<WorkerStatus>> WorkersAsync(CancellationToken cancellation)
    {
        Board board = await ListAsync(cancellation);
        return
        [
            .. board.Workers.Values.Select(row => row.Value).OrderBy(worker => worker.Name, StringComparer.Ordinal).ThenBy(worker => worker.Id, StringComparer.Ordinal)
                .Select(worker => new WorkerStatus(
                    worker, worker.IsAlive(Now), [.. board.Segments.Select(row => row.Value).Where(segment => segment.IsLeased && segment.Worker == worker.Id)])),
        ];
    }

    /// <summary>Segments of an experiment that have not ended, by trial.</summary>
    public async Task<ImmutableArray<BoardSegment>> OpenAsync(string experiment, CancellationToken cancellation) =>
    [
        .. (await ListAsync(cancellation)).Segments.Select(row => row.Value)
            .Where(segment => segment.Outcome is null && segment.Interrupt is null && segment.Segment.Experiment == experiment).OrderBy(segment => segment.Segment.Trial),
    ];

    /// <inheritdoc/>
    public void Dispose() => _leasing.Dispose();

    /// <summary>Ends the leases of workers that are not heard of, and those of segments that should have ended.</summary>
    /// <returns>What ended by it.</returns>
    internal async Task<ImmutableArray<SegmentId>> SweepAsync(CancellationToken cancellation)
    {
        Board board = await ListAsync(cancellation);
        ImmutableArray<SegmentId>.Builder ended = ImmutableArray.CreateBuilder<SegmentId>();
        foreach (Versioned<BoardSegment> row in board.Segments.Where(row => row.Value.IsLeased))
        {
            if (Judge(row.Value, board) is { } outcome && await _rows.TryPutAsync(row, Over(row.Value, outcome), cancellation))
            {
                ended.Add(row.Value.Segment);
            }
        }

        foreach (WorkerRecord old in board.Workers.Values.Select(row => row.Value).Where(worker => worker.ExpiresAt < DateTimeOffset.MaxValue - RecordKept && worker.ExpiresAt + RecordKept < Now))
        {
            await _rows.RemoveWorkerAsync(old.Id, cancellation);
        }

        return ended.DrainToImmutable();
    }

    /// <summary>How many segments the site can run now.</summary>
    /// <param name="experiment">Of which experiment; null for the site as a whole.</param>
    /// <param name="cancellation">Gives up.</param>
    internal async Task<int> SlotsAsync(string? experiment, CancellationToken cancellation)
    {
        if (_options.IsPassive)
        {
            return 1;
        }

        Board board = await ListAsync(cancellation); // never from memory: whoever is woken because a worker came must see it
        ImmutableArray<WorkerRecord> alive = [.. board.Workers.Values.Select(row => row.Value).Where(worker => worker.IsAlive(Now) && (experiment is null || worker.MayRun(experiment)))];
        bool begun = experiment is null ? !board.Begun.IsEmpty : board.Begun.Contains(experiment);
        if (!begun && alive.Count(IsReady) < _options.MinWorkers)
        {
            return 0;
        }

        return Math.Min(_options.MaxTrials ?? int.MaxValue, alive.Sum(worker => worker.IsDraining ? board.CountOf(worker.Id) : worker.Slots));
    }

    /// <summary>An experiment has ended: it has to begin anew, and nobody asks for its trials any more.</summary>
    internal async Task FinishAsync(string experiment, CancellationToken cancellation)
    {
        await _rows.FinishAsync(experiment, cancellation);
        foreach (WorkerRecord asker in (await ListAsync(cancellation)).Workers.Values.Select(row => row.Value).Where(known => known.Asks && known.Experiment == experiment))
        {
            await _rows.RemoveWorkerAsync(asker.Id, cancellation);
        }
    }

    /// <summary>Something was posted: whoever waits looks.</summary>
    internal void Ring()
    {
        TaskCompletionSource posted = _posted;
        _posted = NewSignal();
        posted.TrySetResult();
    }

    /// <summary>How a leased segment has ended, though its worker has not said so; null where it has not.</summary>
    internal SegmentOutcome? Judge(BoardSegment segment, Board board)
    {
        if (!board.IsHeld(segment, Now) && _opened + _options.HeartbeatTimeout < Now) // while the host was away nobody could be heard of
        {
            return Lost(segment, board.Workers.TryGetValue(segment.Worker!, out Versioned<WorkerRecord>? lost)
                ? FormattableString.Invariant($"its worker {lost.Value.Name} on {lost.Value.Host} was not heard of since {lost.Value.LastSeen:u}")
                : "its worker is gone");
        }

        return segment.Interrupt is { } kind && segment.InterruptedUntil < Now ? Ended(segment, kind, "its worker did not end it in time, and lost its lease") : null;
    }

    /// <summary>The outcome of a segment that was told to end.</summary>
    internal SegmentOutcome Ended(BoardSegment segment, InterruptKind kind, string reason) => Draft(segment) with
    {
        Status = kind == InterruptKind.Pause ? SegmentStatus.Paused : SegmentStatus.Stopped,
        Reason = reason,
    };

    internal Task<Board> ListAsync(CancellationToken cancellation) => _rows.ListAsync(cancellation);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A segment that ended without its worker saying so: the lease is over.</summary>
    internal static BoardSegment Over(BoardSegment segment, SegmentOutcome outcome) => segment with { Outcome = outcome, Lease = null };

    private static BoardSegment Unleased(BoardSegment segment) => segment with { Lease = null, Worker = null, LeasedAt = default };

    private static bool IsReady(WorkerRecord worker) => !worker.IsDraining;

    private static SegmentOutcome Short(SegmentOutcome outcome) => outcome with { Error = Short(outcome.Error), Reason = Short(outcome.Reason) };

    private static string? Short(string? text) => text?.Length > LongestText ? text[..LongestText] : text;

    private async Task<WorkerRecord?> ChangeIfAliveAsync(string id, Func<WorkerRecord, WorkerRecord> change, CancellationToken cancellation) =>
        await _rows.ChangeWorkerAsync(id, known => known?.IsAlive(Now) == true ? change(known) : known, cancellation) is { } worker && worker.IsAlive(Now) ? worker : null;

    private WorkerRecord Seen(WorkerRecord worker) => worker with { LastSeen = Now, ExpiresAt = Expiry(worker) };

    private DateTimeOffset Expiry(WorkerRecord worker) => !worker.Asks ? Now + _options.HeartbeatTimeout
        : _options.IsPassive ? DateTimeOffset.MaxValue
        : Now + _options.AnswerWithin;

    private SegmentOutcome Lost(BoardSegment segment, string error) => Draft(segment) with { Error = Short(error) };

    private SegmentOutcome Draft(BoardSegment segment) => new()
    {
        Status = SegmentStatus.Lost,
        Site = _options.Site,
        Attempts = segment.Attempt + (segment.Lease is null ? 0 : 1),
        StartedAt = segment.Lease is null ? Now : segment.LeasedAt,
        EndedAt = Now,
    };

    /// <summary>Looks once, and takes what there is.</summary>
    private async Task<ImmutableArray<BoardSegment>?> TakeAsync(string id, Owner? caller, IReadOnlyCollection<string> held, int count, CancellationToken cancellation)
    {
        await _leasing.WaitAsync(cancellation);
        try
        {
            Board board = await ListAsync(cancellation);
            if (!board.Workers.TryGetValue(id, out Versioned<WorkerRecord>? row) || !row.Value.IsAlive(Now))
            {
                return null;
            }

            WorkerRecord worker = row.Value;
            worker.RequireOwn(caller);
            if (worker.LastSeen + (_options.HeartbeatTimeout / 4) < Now)
            {
                worker = await _rows.ChangeWorkerAsync(id, known => known is null ? null : Seen(known), cancellation) ?? worker;
            }

            ImmutableArray<BoardSegment> mine = [.. board.Segments.Select(found => found.Value).Where(segment => segment.IsLeased && segment.Worker == id)];
            ImmutableArray<BoardSegment> unheard = [.. mine.Where(segment => !held.Contains(segment.Lease!)).Take(count)];
            int free = Math.Min(count - unheard.Length, worker.Slots - mine.Length);
            free = Math.Min(free, (_options.MostLeased ?? int.MaxValue) - board.Leased);
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
        if (_options.MostLeased is { } most && taken.Count > 0)
        {
            for (int excess = (await ListAsync(cancellation)).Leased - most; excess > 0 && taken.Count > 0; excess--)
            {
                await HandBackAsync(taken[^1].Segment, taken[^1].Lease!, cancellation);
                taken.RemoveAt(taken.Count - 1);
            }
        }

        return taken;
    }

    private async Task<List<BoardSegment>> TakeNewAsync(WorkerRecord worker, Board board, int free, CancellationToken cancellation)
    {
        ImmutableArray<WorkerRecord> ready = [.. board.Workers.Values.Select(row => row.Value).Where(known => known.IsAlive(Now) && IsReady(known))];
        HashSet<string> begun = [.. board.Begun];
        List<BoardSegment> taken = [];
        foreach (Versioned<BoardSegment> row in board.Segments
            .Where(row => row.Value.IsWaiting && worker.MayRun(row.Value.Segment.Experiment))
            .OrderBy(row => row.Value.PostedAt).ThenBy(row => row.Value.Segment.Trial))
        {
            string experiment = row.Value.Segment.Experiment;
            if (taken.Count == free || (!begun.Contains(experiment) && ready.Count(known => known.MayRun(experiment)) < _options.MinWorkers))
            {
                continue;
            }

            if (begun.Add(experiment))
            {
                await _rows.BeginAsync(experiment, cancellation);
            }

            BoardSegment leased = row.Value with { Worker = worker.Id, Lease = LeaseName.Create(row.Value.Segment, _options.Site), LeasedAt = Now, Leases = row.Value.Leases + 1 };
            if (await _rows.TryPutAsync(row, leased, cancellation))
            {
                taken.Add(leased);
            }
        }

        return taken;
    }
}
