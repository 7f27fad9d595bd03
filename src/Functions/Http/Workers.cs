using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Http;

/// <summary>Workers that fetch segments by HTTP.</summary>
public sealed class Workers(WorkerService service, ITrialAccess access, Ownership ownership, Answers answers)
{
    /// <summary>Takes in a worker, under an id that it chose; again changes nothing.</summary>
    [Function("RegisterWorker")]
    public Task<IResult> RegisterAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "workers/{worker}")] HttpRequest request,
        string worker,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Work, "worker.register", $"workers/{worker}"), async call =>
        {
            WorkerRequest wanted = WorkerRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation));
            (WorkerBoard board, WorkerRecord registered) = await service.RegisterAsync(client, worker, call.Caller.Owner, wanted, cancellation);
            return Answers.Json(RegisteredView.Of(registered, board.Options));
        });

    /// <summary>A worker says that it is there and what it runs.</summary>
    [Function("BeatWorker")]
    public Task<IResult> BeatAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "workers/{worker}/heartbeat")] HttpRequest request, string worker, CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Work, async call =>
        {
            LeaseRequest beat = LeaseRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation));
            return await service.BeatAsync(worker, call.Caller.Owner, beat, cancellation) is var (known, gone) ? Answers.Json(new HeartbeatView(gone, known.IsDraining)) : Unknown(worker);
        });

    /// <summary>Gives segments to a worker; waits for them as long as it says.</summary>
    [Function("LeaseSegments")]
    public Task<IResult> LeaseAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "workers/{worker}/lease")] HttpRequest request, string worker, CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Work, async call =>
        {
            LeaseRequest wanted = LeaseRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation));
            return await service.LeaseAsync(worker, call.Caller.Owner, wanted, cancellation) is { } leased
                ? Answers.Json(new LeasesView([.. leased.Leases.Select(segment => LeaseView.Of(segment, access))], leased.IsDraining, leased.HasEnded))
                : Unknown(worker);
        });

    /// <summary>Takes a segment back that has no outcome.</summary>
    [Function("ReturnSegment")]
    public Task<IResult> ReturnAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "workers/{worker}/return")] HttpRequest request,
        string worker,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Work, async call =>
        {
            ReturnRequest returned = ReturnRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation));
            return await service.ReturnAsync(client, worker, call.Caller.Owner, returned, cancellation) ? Results.NoContent() : Problem.Gone($"worker {worker} does not hold the lease {returned.Lease}");
        });

    /// <summary>Has a worker take nothing new.</summary>
    [Function("DrainWorker")]
    public Task<IResult> DrainAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "workers/{worker}/drain")] HttpRequest request, string worker, CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Operate, "worker.drain", $"workers/{worker}"), async _ =>
        {
            await service.DrainAsync(worker, cancellation);
            return Results.NoContent();
        });

    /// <summary>A worker ends; what it leased waits for others.</summary>
    [Function("DeleteWorker")]
    public Task<IResult> LeaveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "workers/{worker}")] HttpRequest request, string worker, CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Work, "worker.leave", $"workers/{worker}"), async call =>
        {
            await service.LeaveAsync(worker, call.Caller, cancellation);
            return Results.NoContent();
        });

    /// <summary>All workers.</summary>
    [Function("ListWorkers")]
    public Task<IResult> ListAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "workers")] HttpRequest request, CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Look, async call =>
        {
            if (!ownership.SeesAll(call.Caller))
            {
                throw new ForbiddenException($"workers run trials of everybody, and {call.Caller.Name} sees its own experiments alone: ask an operator");
            }

            ImmutableArray<(string Site, WorkerStatus Status)> all = await service.WorkersAsync(cancellation);
            return Answers.Json(new WorkersView([.. all.Select(worker => WorkerView.Of(worker.Site, worker.Status))]));
        });

    private static Problem Unknown(string worker) => Problem.Gone($"no worker {worker} is registered (any more): register again; what it leased is given to others");
}

/// <summary>All workers as the API shows them.</summary>
/// <param name="Value">By site and name.</param>
public sealed record WorkersView(ImmutableArray<WorkerView> Value);
