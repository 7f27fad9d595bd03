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
    private static readonly TimeSpan RecordKept = TimeSpan.FromHours(1);

    private readonly WorkersOptions _options;
    private readonly BoardRows _rows;
    private readonly TimeProvider _time;
    private readonly BoardLeases _leases;

    /// <param name="options">The site.</param>
    /// <param name="store">Where its rows are.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="InvalidInputException">The options have faults; lists all of them.</exception>
    public WorkerBoard(WorkersOptions options, IRowStore store, TimeProvider time)
    {
        _options = options.Validated();
        _rows = new(store, options.Site);
        _time = time;
        _leases = new(_options, _rows, time);
        Judge = new(_options, time);
    }

    /// <summary>The site.</summary>
    public WorkersOptions Options => _options;

    internal BoardRows Rows => _rows;

    internal BoardJudge Judge { get; }

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
                return worker.SeenAt(Now, _options) with { RegisteredAt = known?.RegisteredAt ?? Now };
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
                return known.SeenAt(Now, _options);
            },
            cancellation);
        if (worker is null)
        {
            return null;
        }

        Board board = await _rows.ListAsync(cancellation);
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
    public Task HearAsync(string id, CancellationToken cancellation) => ChangeIfAliveAsync(id, known => known.SeenAt(Now, _options), cancellation);

    /// <inheritdoc cref="BoardLeases.LeaseAsync"/>
    public Task<ImmutableArray<BoardSegment>?> LeaseAsync(
        string id, Owner? caller, IReadOnlyCollection<string> held, int count, TimeSpan wait, CancellationToken cancellation) =>
        _leases.LeaseAsync(id, caller, held, count, wait, cancellation);

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
        foreach (BoardSegment segment in (await _rows.ListAsync(cancellation)).Segments.Select(row => row.Value).Where(segment => segment.IsLeased && segment.Worker == id))
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
        Board board = await _rows.ListAsync(cancellation);
        if (board.Workers.TryGetValue(id, out Versioned<WorkerRecord>? row) && row.Value.Asks && (request is null || row.Value.Request == request) && board.CountOf(id) == 0)
        {
            await _rows.TryRemoveAsync(row, cancellation);
        }
    }

    /// <inheritdoc cref="BoardLeases.HandBackAsync"/>
    public Task<bool> HandBackAsync(SegmentId segment, string lease, CancellationToken cancellation) => _leases.HandBackAsync(segment, lease, cancellation);

    /// <summary>A segment is lost: its worker could not run it to an end.</summary>
    /// <returns>Whether the lease held.</returns>
    public async Task<bool> LoseAsync(SegmentId segment, string lease, string error, CancellationToken cancellation)
    {
        bool held = false;
        await _rows.ChangeAsync(
            segment,
            known => (held = known is { IsLeased: true } && known.Lease == lease) ? BoardJudge.Over(known!, Judge.Lost(known!, error)) : known,
            cancellation);
        return held;
    }

    /// <summary>The segment of a lease, wherever it stands; null where there is none.</summary>
    public async Task<BoardSegment?> FindAsync(string lease, CancellationToken cancellation) =>
        (await _rows.ListAsync(cancellation)).Segments.Select(row => row.Value).FirstOrDefault(segment => segment.Lease == lease);

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
                return taken && known!.Outcome is null ? known with { Outcome = BoardJudge.Short(outcome) } : known;
            },
            cancellation);
        return taken;
    }

    /// <summary>All workers, and who asked for trials; those that were lost for an hour, by their names.</summary>
    public async Task<ImmutableArray<WorkerStatus>> WorkersAsync(CancellationToken cancellation)
    {
        Board board = await _rows.ListAsync(cancellation);
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
        .. (await _rows.ListAsync(cancellation)).Segments.Select(row => row.Value)
            .Where(segment => segment.Outcome is null && segment.Interrupt is null && segment.Segment.Experiment == experiment).OrderBy(segment => segment.Segment.Trial),
    ];

    /// <inheritdoc/>
    public void Dispose() => _leases.Dispose();

    /// <summary>Ends the leases of workers that are not heard of, and those of segments that should have ended.</summary>
    /// <returns>What ended by it.</returns>
    internal async Task<ImmutableArray<SegmentId>> SweepAsync(CancellationToken cancellation)
    {
        Board board = await _rows.ListAsync(cancellation);
        ImmutableArray<SegmentId>.Builder ended = ImmutableArray.CreateBuilder<SegmentId>();
        foreach (Versioned<BoardSegment> row in board.Segments.Where(row => row.Value.IsLeased))
        {
            if (Judge.OutcomeOf(row.Value, board) is { } outcome && await _rows.TryPutAsync(row, BoardJudge.Over(row.Value, outcome), cancellation))
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

        Board board = await _rows.ListAsync(cancellation); // never from memory: whoever is woken because a worker came must see it
        ImmutableArray<WorkerRecord> alive = [.. board.Workers.Values.Select(row => row.Value).Where(worker => worker.IsAlive(Now) && (experiment is null || worker.MayRun(experiment)))];
        bool begun = experiment is null ? !board.Begun.IsEmpty : board.Begun.Contains(experiment);
        if (!begun && alive.Count(worker => !worker.IsDraining) < _options.MinWorkers)
        {
            return 0;
        }

        return Math.Min(_options.MaxTrials ?? int.MaxValue, alive.Sum(worker => worker.IsDraining ? board.CountOf(worker.Id) : worker.Slots));
    }

    /// <summary>An experiment has ended: it has to begin anew, and nobody asks for its trials any more.</summary>
    internal async Task FinishAsync(string experiment, CancellationToken cancellation)
    {
        await _rows.FinishAsync(experiment, cancellation);
        foreach (WorkerRecord asker in (await _rows.ListAsync(cancellation)).Workers.Values.Select(row => row.Value).Where(known => known.Asks && known.Experiment == experiment))
        {
            await _rows.RemoveWorkerAsync(asker.Id, cancellation);
        }
    }

    /// <inheritdoc cref="BoardLeases.Ring"/>
    internal void Ring() => _leases.Ring();

    private async Task<WorkerRecord?> ChangeIfAliveAsync(string id, Func<WorkerRecord, WorkerRecord> change, CancellationToken cancellation) =>
        await _rows.ChangeWorkerAsync(id, known => known?.IsAlive(Now) == true ? change(known) : known, cancellation) is { } worker && worker.IsAlive(Now) ? worker : null;
}
