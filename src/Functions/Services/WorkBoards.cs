using System.Collections.Concurrent;
using System.Text.Json;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions.Services;

/// <summary>The boards of this installation: those of the sites whose segments are fetched.</summary>
public sealed class WorkBoards(IExecutors executors, IInbox inbox)
{
    private const int RowRoom = 20_000;

    private readonly ConcurrentDictionary<string, WorkerBoard> _byWorker = new(StringComparer.Ordinal);

    /// <summary>All boards, by their sites.</summary>
    public IEnumerable<WorkerBoard> All => executors.All.OfType<WorkerExecutor>().Select(executor => executor.Board);

    /// <summary>The board of a site; null where there is none.</summary>
    public WorkerBoard? Find(string? site) => All.FirstOrDefault(board => board.Options.Site == site);

    /// <summary>The board that a lease is of.</summary>
    /// <exception cref="NotFoundException">It is of none.</exception>
    public WorkerBoard OfLease(string lease) => Find(LeaseName.SiteOf(lease)) ?? throw new NotFoundException("lease", lease);

    /// <summary>The board for which a worker registers.</summary>
    /// <param name="site">As it says; null for the only one.</param>
    /// <exception cref="InvalidInputException">There is no such site, or it must be said which.</exception>
    public WorkerBoard ForWorkers(string? site)
    {
        WorkerBoard[] known = [.. All.Where(board => !board.Options.IsPassive)];
        string names = string.Join(", ", known.Select(board => board.Options.Site));
        return known.Length == 0 ? throw new InvalidInputException(new Fault("site", site, "this installation has no site of type workers; its settings name sites"))
            : site is not null ? known.FirstOrDefault(board => board.Options.Site == site) ?? throw new InvalidInputException(new Fault("site", site, $"must be a site of type workers: {names}"))
            : known.Length == 1 ? known[0]
            : throw new InvalidInputException(new Fault("site", null, $"must be given, because there are several: {names}"));
    }

    /// <summary>The board at which a worker registered.</summary>
    /// <returns>Null where it is not registered (any more).</returns>
    public async Task<WorkerBoard?> OfWorkerAsync(string worker, CancellationToken cancellation)
    {
        if (_byWorker.TryGetValue(worker, out WorkerBoard? known))
        {
            return known;
        }

        foreach (WorkerBoard board in All)
        {
            if (await board.FindWorkerAsync(worker, cancellation) is not null)
            {
                return _byWorker.GetOrAdd(worker, board);
            }
        }

        return null;
    }

    /// <summary>A worker is gone, or is at another site now.</summary>
    public void Forget(string worker) => _byWorker.TryRemove(worker, out _);

    /// <summary>Whether whoever shows a lease, or none, may still speak for a segment. Of what is on no board, nobody has a lease to show.</summary>
    public async Task<bool> HoldsAsync(SegmentId segment, string? lease, CancellationToken cancellation)
    {
        if (lease is not null)
        {
            return Find(LeaseName.SiteOf(lease)) is { } of && await of.HoldsAsync(segment, lease, cancellation);
        }

        foreach (WorkerBoard board in All)
        {
            if (await board.FindAsync(segment, cancellation) is not null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes the end of a segment down on its board, if it is on one.</summary>
    /// <param name="site">Where the trial runs.</param>
    /// <param name="segment">Which segment.</param>
    /// <param name="lease">Who says so; null where none was shown.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>False where the lease is over: then the outcome does not count.</returns>
    /// <exception cref="ConflictException">The segment was leased, and no lease was shown.</exception>
    public async Task<bool> TakeEndAsync(string site, SegmentId segment, string? lease, SegmentOutcome outcome, CancellationToken cancellation)
    {
        WorkerBoard? board = Find(lease is null ? site : LeaseName.SiteOf(lease));
        if (lease is null)
        {
            return board is null || await board.FindAsync(segment, cancellation) is null
                ? true
                : throw new ConflictException("segment", segment.InstanceId, "is leased by workers: show the lease in the header x-hpo-lease");
        }

        if (board is null || await board.FindAsync(segment, cancellation) is not { } known || known.Lease != lease)
        {
            return false;
        }

        return await board.EndAsync(segment, lease, await FittingAsync(segment, outcome, cancellation), cancellation);
    }

    /// <summary>An outcome that fits in a row: many reports go to the inbox before.</summary>
    private async Task<SegmentOutcome> FittingAsync(SegmentId segment, SegmentOutcome outcome, CancellationToken cancellation)
    {
        if (outcome.Reports.IsEmpty || JsonSerializer.Serialize(outcome.Reports, EngineJson.Options).Length <= RowRoom)
        {
            return outcome;
        }

        TrialReported reported = new(segment.ReportEventId(outcome.Reports[^1].Step), segment.Trial, segment.Segment, outcome.Reports);
        await inbox.PostAsync(segment.Experiment, reported, cancellation);
        return outcome with { Reports = [] };
    }
}
