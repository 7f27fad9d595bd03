using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Adapters.Executors;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Tests.Batch;

/// <summary>What programs elsewhere need of the HTTP API, over recorded events and artifacts in memory, so that executors can be tested without a service.</summary>
internal sealed class SegmentService(RecordedEvents events, MemoryArtifacts artifacts) : ITrialAccess, ISegmentEvents, IAsyncDisposable
{
    private readonly ConcurrentDictionary<SegmentId, Desk> _desks = new();
    private WebApplication? _app;

    public Uri? Address { get; private set; }

    /// <summary>Key of the worker's requests.</summary>
    public string Key { get; } = "key-of-the-service";

    /// <summary>Boards of sites whose segments are fetched.</summary>
    public List<WorkerBoard> Boards { get; } = [];

    /// <summary>How long programs may take to save themselves.</summary>
    public required TimeSpan PauseGrace { get; init; }

    /// <summary>Name of the site in outcomes of programs that no worker runs.</summary>
    public string Site { get; init; } = "batch";

    public string TokenOf(string experiment, int trial) => $"token-{experiment}-{trial}";

    public async Task StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Use(async (http, next) =>
        {
            if (http.Request.Path.StartsWithSegments("/api/workers"))
            {
                await (http.Request.Headers["x-functions-key"] == Key ? next(http) : Results.Unauthorized().ExecuteAsync(http));
                return;
            }

            string token = TokenOf((string)http.Request.RouteValues["id"]!, int.Parse((string)http.Request.RouteValues["n"]!));
            string lease = http.Request.Headers[TrialGate.LeaseHeader].ToString();
            await (http.Request.Headers["x-hpo-token"] != token ? Results.Unauthorized().ExecuteAsync(http)
                : Board(LeaseName.SiteOf(lease)) is { } board && (await board.FindAsync(lease, default))?.IsOver != false ? Results.StatusCode(410).ExecuteAsync(http)
                : next(http));
        });
        RouteGroupBuilder trial = _app.MapGroup("/api/experiments/{id}/trials/{n:int}");
        trial.MapGet("segments/{s:int}/work", (string id, int n, int s) => Find(id, n, s) is { Posted: null } desk
            ? Results.Text(RunMessage.ForElsewhere(desk.Work, desk.Ending, new() { PauseGrace = PauseGrace, MaxCheckpointBytes = 1 << 30 }).Span, "application/json")
            : Results.StatusCode(410));
        trial.MapGet("segments/{s:int}/directive", (string id, int n, int s) => Find(id, n, s) is { Posted: null } desk
            ? Answer(desk.Directive ?? new(DirectiveAction.Continue, desk.Work.Until))
            : Results.StatusCode(410));
        trial.MapPut("segments/{s:int}/checkpoints/{step:long}", KeepAsync);
        trial.MapPost("segments/{s:int}/restored", RestoredAsync);
        trial.MapGet("segments/{s:int}/log", () => Results.NotFound());
        trial.MapPut("segments/{s:int}/log", () => Results.NoContent());
        trial.MapGet("scripts", (string id, int n) => FileAsync(_desks.Values.Last(d => d.Work.Segment.Experiment == id && d.Work.Segment.Trial == n).Work.Definition.Program.Scripts));
        trial.MapGet("checkpoints/{step:long}", (string id, int n, long step, string sha256) => FileAsync(_desks.Values
            .Where(d => d.Work.Segment.Experiment == id && d.Work.Segment.Trial == n)
            .SelectMany(d => d.Work.Checkpoints).First(c => c.Step == step && c.Sha256 == sha256).Name));
        trial.MapPost("reports", ReportAsync);
        trial.MapPut("outcome", EndAsync);
        MapWorkers(_app.MapGroup("/api/workers/{worker}"));
        await _app.StartAsync();
        Address = new(_app.Urls.First());
    }

    /// <summary>A segment is started.</summary>
    public void Begin(SegmentWork work) =>
        _desks.AddOrUpdate(work.Segment, _ => new(work), (_, known) => known.Work.Attempt < work.Attempt ? new(work) : known);

    /// <summary>A segment is to end.</summary>
    public void Interrupt(SegmentId segment, InterruptKind kind)
    {
        if (_desks.TryGetValue(segment, out Desk? desk))
        {
            desk.Ending = kind;
            desk.Interrupted.Cancel();
        }
    }

    public void Forget(Func<SegmentId, bool> which)
    {
        foreach (SegmentId segment in _desks.Keys.Where(which))
        {
            _desks.TryRemove(segment, out _);
        }
    }

    /// <summary>The outcome that counts: what the program told, else what the executor says. Reports that were not answered go with it.</summary>
    public SegmentOutcome? Settle(SegmentId segment, SegmentOutcome? made) =>
        !_desks.TryGetValue(segment, out Desk? desk) || (desk.Posted ?? made) is not { } outcome ? made
        : desk.Settled ??= outcome with { Reports = [.. outcome.Reports, .. desk.Unanswered] };

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            foreach (Desk desk in _desks.Values)
            {
                await desk.Interrupted.CancelAsync();
            }

            await _app.DisposeAsync();
        }
    }

    Task<TrialDirective> ISegmentEvents.ReportAsync(SegmentId segment, ImmutableArray<Report> reports, bool wait, CancellationToken cancellation) =>
        events.ReportAsync(segment, reports, wait, cancellation);

    Task ISegmentEvents.CheckpointedAsync(SegmentId segment, Checkpoint checkpoint, CancellationToken cancellation) => events.CheckpointedAsync(segment, checkpoint, cancellation);

    Task ISegmentEvents.BeganAsync(SegmentId segment, int attempt, CancellationToken cancellation) => events.BeganAsync(segment, attempt, cancellation);

    Task ISegmentEvents.RestoredAsync(SegmentId segment, int attempt, long step, string text, CancellationToken cancellation) =>
        events.RestoredAsync(segment, attempt, step, text, cancellation);

    /// <summary>Told by the program and by the executor; heard once.</summary>
    public Task EndedAsync(SegmentId segment, CancellationToken cancellation) =>
        _desks.TryGetValue(segment, out Desk? desk) && desk.IsFirstEnd() ? events.EndedAsync(segment, cancellation) : Task.CompletedTask;

    private static IResult Answer(TrialDirective directive) => Answers.Json(DirectiveView.Of(directive));

    private static async Task<JsonElement> BodyAsync(HttpRequest request) => (await JsonDocument.ParseAsync(request.Body)).RootElement;

    private Desk? Find(string id, int n, int s) => _desks.GetValueOrDefault(new(id, n, s));

    private async Task<IResult> FileAsync(string name) => await artifacts.FindAsync(name, default) is { } content
        ? Results.Bytes(content.ToArray())
        : Results.Problem($"{name} is missing", statusCode: 404);

    private async Task<IResult> KeepAsync(string id, int n, int s, long step, HttpRequest request)
    {
        using MemoryStream content = new();
        await request.Body.CopyToAsync(content);
        string sha256 = request.Headers[TrialSegments.ChecksumHeader].ToString();
        SegmentId segment = new(id, n, s);
        Checkpoint checkpoint = new(step, Checkpoint.NameFor(segment, step, sha256), content.Length, sha256);
        await artifacts.PutAsync(checkpoint.Name, content.ToArray(), default);
        await events.CheckpointedAsync(segment, checkpoint, default);
        return Results.NoContent();
    }

    private async Task<IResult> RestoredAsync(string id, int n, int s, HttpRequest request)
    {
        SegmentRestoredRequest restored = SegmentRestoredRequest.Read(await BodyAsync(request));
        await events.RestoredAsync(new(id, n, s), restored.Attempt, restored.Step, restored.Text, default);
        return Results.NoContent();
    }

    private async Task<IResult> ReportAsync(string id, int n, HttpRequest request)
    {
        TrialReportRequest report = TrialReportRequest.Read(await BodyAsync(request), TimeProvider.System.GetUtcNow());
        Desk desk = Find(id, n, report.Segment)!;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(desk.Interrupted.Token, request.HttpContext.RequestAborted);
        try
        {
            TrialDirective directive = await events.ReportAsync(desk.Work.Segment, report.Reports, report.Wait, either.Token);
            return Answer(desk.Directive ?? directive);
        }
        catch (OperationCanceledException)
        {
            desk.Hold(report.Reports); // a service has them before it waits
            return Answer(desk.Directive ?? new(DirectiveAction.Stop));
        }
        catch (IOException)
        {
            return Results.StatusCode(503);
        }
    }

    private async Task<IResult> EndAsync(string id, int n, HttpRequest request)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string lease = request.Headers[TrialGate.LeaseHeader].ToString();
        WorkerBoard? board = Board(LeaseName.SiteOf(lease));
        TrialOutcomeRequest told = TrialOutcomeRequest.Read(await BodyAsync(request), board?.Options.Site ?? Site, new() { Number = n, Configuration = Configuration.Empty }, now);
        if (board is not null && !await board.EndAsync(new(id, n, told.Segment), lease, told.Outcome, default))
        {
            return Results.StatusCode(410);
        }

        if (Find(id, n, told.Segment) is { } desk)
        {
            desk.Posted ??= told.Outcome;
            await EndedAsync(desk.Work.Segment, default);
        }

        return Results.NoContent();
    }

    private WorkerBoard? Board(string? site) => Boards.FirstOrDefault(board => board.Options.Site == site);

    private async Task<WorkerBoard> BoardOfAsync(string worker)
    {
        foreach (WorkerBoard board in Boards)
        {
            if (await board.FindWorkerAsync(worker, default) is not null)
            {
                return board;
            }
        }

        throw new InvalidOperationException($"nobody knows {worker}");
    }

    private void MapWorkers(RouteGroupBuilder workers)
    {
        workers.MapPut(string.Empty, async (string worker, HttpRequest request) =>
        {
            WorkerRequest wanted = WorkerRequest.Read(await BodyAsync(request));
            WorkerBoard board = Board(wanted.Site)!;
            (WorkerRecord registered, _) = await board.RegisterAsync(new(worker, wanted.Slots) { Name = wanted.Name!, Host = wanted.Host! }, default);
            return Answers.Json(RegisteredView.Of(registered, board.Options));
        });
        workers.MapPost("heartbeat", async (string worker, HttpRequest request) =>
            await (await BoardOfAsync(worker)).BeatAsync(worker, null, LeaseRequest.Read(await BodyAsync(request)).Leases, request.HttpContext.RequestAborted) is var (known, gone)
                ? Answers.Json(new HeartbeatView(gone, known.IsDraining))
                : Results.StatusCode(410));
        workers.MapPost("lease", async (string worker, HttpRequest request) =>
        {
            LeaseRequest wanted = LeaseRequest.Read(await BodyAsync(request));
            return await (await BoardOfAsync(worker)).LeaseAsync(worker, null, wanted.Leases, wanted.Count, wanted.Wait, request.HttpContext.RequestAborted) is { } leases
                ? Answers.Json(new LeasesView([.. leases.Select(segment => LeaseView.Of(segment, this))], Draining: false, Ended: false))
                : Results.StatusCode(410);
        });
        workers.MapPost("return", async (HttpRequest request) =>
        {
            ReturnRequest returned = ReturnRequest.Read(await BodyAsync(request));
            WorkerBoard board = Board(LeaseName.SiteOf(returned.Lease))!;
            SegmentId segment = (await board.FindAsync(returned.Lease, default))!.Segment;
            await (returned.Error is { } error ? board.LoseAsync(segment, returned.Lease, error, default) : board.HandBackAsync(segment, returned.Lease, default));
            await EndedAsync(segment, default);
            return Results.NoContent();
        });
        workers.MapPost("drain", (string worker) => Results.NoContent());
        workers.MapDelete(string.Empty, (string worker) => Results.NoContent());
    }

    /// <summary>What is known of one segment.</summary>
    private sealed class Desk(SegmentWork work)
    {
        private readonly Lock _gate = new();
        private ImmutableArray<Report> _unanswered = [];
        private int _ends;

        public SegmentWork Work { get; } = work;

        public CancellationTokenSource Interrupted { get; } = new();

        public InterruptKind? Ending { get; set; }

        public SegmentOutcome? Posted { get; set; }

        public SegmentOutcome? Settled { get; set; }

        public TrialDirective? Directive => Ending is { } kind ? new(kind == InterruptKind.Pause ? DirectiveAction.Pause : DirectiveAction.Stop) : null;

        public ImmutableArray<Report> Unanswered
        {
            get
            {
                lock (_gate)
                {
                    return _unanswered;
                }
            }
        }

        public void Hold(ImmutableArray<Report> reports)
        {
            lock (_gate)
            {
                _unanswered = [.. _unanswered.Concat(reports).DistinctBy(report => report.Step)];
            }
        }

        public bool IsFirstEnd() => Interlocked.Increment(ref _ends) == 1;
    }
}
