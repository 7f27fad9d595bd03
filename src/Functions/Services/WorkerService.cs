using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Orchestrations;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Services;

/// <summary>Serves workers that fetch segments. Doing any of it twice is doing it once.</summary>
/// <remarks>Whoever registers a worker speaks for it, and nobody else: others are refused with a <see cref="ConflictException"/>. Operators drain and remove any.</remarks>
public sealed class WorkerService(WorkBoards boards, IExperimentStore experiments)
{
    /// <summary>How often a worker that waits hears that it is to end.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    /// <summary>Takes in a worker, and wakes the experiments that may have waited for it.</summary>
    /// <exception cref="InvalidInputException">The id is not valid, or the site is none that has workers.</exception>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="ConflictException">Somebody else registered a worker of this id, the experiment has ended, or it does not use the site.</exception>
    public async Task<(WorkerBoard Board, WorkerRecord Worker)> RegisterAsync(
        DurableTaskClient client, string id, Owner? caller, WorkerRequest request, CancellationToken cancellation)
    {
        if (!WorkerRecord.IsId(id))
        {
            throw new InvalidInputException(new Fault("worker", id, WorkerRecord.IdRule));
        }

        if (id.StartsWith(WorkerRecord.AskerPrefix, StringComparison.Ordinal))
        {
            throw new InvalidInputException(new Fault("worker", id, $"must not begin with {WorkerRecord.AskerPrefix}: such ids are of those who ask for one trial"));
        }

        WorkerBoard board = boards.ForWorkers(request.Site);
        if (request.Experiment is { } experiment)
        {
            await RequireAsync(experiment, board.Options.Site, cancellation);
        }

        foreach (WorkerBoard other in boards.All.Where(other => other != board))
        {
            await other.RequireOwnAsync(id, caller, cancellation);
        }

        WorkerRecord worker = new(id, request.Slots)
        {
            Owner = caller,
            Name = request.Name ?? id,
            Host = request.Host ?? string.Empty,
            Pid = request.Pid,
            Experiment = request.Experiment,
            Labels = request.Labels,
        };
        boards.Forget(id);
        (worker, bool more) = await board.RegisterAsync(worker, cancellation);
        if (more)
        {
            await WakeAsync(client, board.Options.Site, cancellation);
        }

        return (board, worker);
    }

    /// <inheritdoc cref="WorkerBoard.BeatAsync"/>
    public async Task<(WorkerRecord Worker, ImmutableArray<string> Gone)?> BeatAsync(
        string id, Owner? caller, LeaseRequest request, CancellationToken cancellation) =>
        await boards.OfWorkerAsync(id, cancellation) is { } board ? await board.BeatAsync(id, caller, request.Leases, cancellation) : null;

    /// <summary>Gives segments to a worker.</summary>
    /// <returns>The leases, and whether there will be none any more; null where the worker is not registered (any more).</returns>
    /// <exception cref="ConflictException">Somebody else registered it.</exception>
    public async Task<Leased?> LeaseAsync(string id, Owner? caller, LeaseRequest request, CancellationToken cancellation)
    {
        for (TimeSpan left = request.Wait; ; left -= LookEvery)
        {
            if (await boards.OfWorkerAsync(id, cancellation) is not { } board
                || await board.LeaseAsync(id, caller, request.Leases, request.Count, left < LookEvery ? left : LookEvery, cancellation) is not { } leases
                || await board.FindWorkerAsync(id, cancellation) is not { } worker)
            {
                boards.Forget(id);
                return null;
            }

            bool ended = leases.IsEmpty && worker.Experiment is { } experiment && await HasEndedAsync(experiment, cancellation);
            if (!leases.IsEmpty || ended || worker.IsDraining || left <= LookEvery)
            {
                return new(leases, worker.IsDraining, ended);
            }
        }
    }

    /// <summary>Takes a segment back that has no outcome.</summary>
    /// <returns>False where the lease is over, or another worker's.</returns>
    /// <exception cref="ConflictException">Somebody else registered the worker.</exception>
    public async Task<bool> ReturnAsync(DurableTaskClient client, string id, Owner? caller, ReturnRequest request, CancellationToken cancellation)
    {
        WorkerBoard board = boards.OfLease(request.Lease);
        await board.RequireOwnAsync(id, caller, cancellation);
        if (await board.FindAsync(request.Lease, cancellation) is not { } segment || segment.Worker != id)
        {
            return false;
        }

        if (request.Error is not { } error)
        {
            return await board.HandBackAsync(segment.Segment, request.Lease, cancellation);
        }

        if (!await board.LoseAsync(segment.Segment, request.Lease, error, cancellation))
        {
            return false;
        }

        await TrialDispatcher.RingAsync(client, segment.Segment.InstanceId, TrialOrchestrator.Ended, string.Empty, cancellation);
        return true;
    }

    /// <summary>Has a worker take nothing new; it ends when it has ended what it runs.</summary>
    /// <exception cref="NotFoundException">There is no such worker.</exception>
    public async Task<WorkerRecord> DrainAsync(string id, CancellationToken cancellation) =>
        (await boards.OfWorkerAsync(id, cancellation) is { } board ? await board.DrainAsync(id, cancellation) : null) ?? throw new NotFoundException("worker", id);

    /// <summary>A worker ends, or an operator removes it; what it leased waits for others.</summary>
    /// <exception cref="ConflictException">Somebody else registered it, and the caller is no operator.</exception>
    public async Task LeaveAsync(string id, Caller caller, CancellationToken cancellation)
    {
        if (await boards.OfWorkerAsync(id, cancellation) is { } board)
        {
            if (!caller.IsOperator)
            {
                await board.RequireOwnAsync(id, caller.Owner, cancellation);
            }

            await board.LeaveAsync(id, cancellation);
            boards.Forget(id);
        }
    }

    /// <summary>All workers with their sites.</summary>
    public async Task<ImmutableArray<(string Site, WorkerStatus Status)>> WorkersAsync(CancellationToken cancellation)
    {
        List<(string, WorkerStatus)> all = [];
        foreach (WorkerBoard board in boards.All)
        {
            all.AddRange((await board.WorkersAsync(cancellation)).Select(status => (board.Options.Site, status)));
        }

        return [.. all];
    }

    private async Task<bool> HasEndedAsync(string experiment, CancellationToken cancellation) =>
        await experiments.FindAsync(experiment, cancellation) is null or { Summary.IsFinal: true };

    private async Task RequireAsync(string id, string site, CancellationToken cancellation)
    {
        ExperimentRecord record = (ExperimentIds.IsValid(id) ? await experiments.FindAsync(id, cancellation) : null) ?? throw new NotFoundException("experiment", id);
        if (record.Summary.IsFinal)
        {
            throw new ConflictException("experiment", id, $"has ended ({record.Summary.Status}): there is nothing to do for workers");
        }

        if (!record.Definition.SiteNames.Contains(site))
        {
            throw new ConflictException("experiment", id, $"does not use the site {site}; it uses {string.Join(", ", record.Definition.SiteNames)}");
        }
    }

    /// <summary>Has all experiments of a site look for free slots.</summary>
    private async Task WakeAsync(DurableTaskClient client, string site, CancellationToken cancellation)
    {
        string? continuation = null;
        do
        {
            Engine.Ports.Page<ExperimentRecord> page = await experiments.ListAsync(new(Continuation: continuation), cancellation);
            foreach (ExperimentRecord experiment in page.Items.Where(known => !known.Summary.IsFinal && known.Definition.SiteNames.Contains(site)))
            {
                await TrialDispatcher.RingAsync(client, experiment.Id, ExperimentOrchestrator.Doorbell, site, cancellation);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }
}

/// <summary>Answer to a request for segments.</summary>
/// <param name="Leases">What was leased.</param>
/// <param name="IsDraining">Whether the worker is to end when it has ended what it runs.</param>
/// <param name="HasEnded">Whether the only experiment that it works for has ended.</param>
public sealed record Leased(ImmutableArray<BoardSegment> Leases, bool IsDraining, bool HasEnded);
