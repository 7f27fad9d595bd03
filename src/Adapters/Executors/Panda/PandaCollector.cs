using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>Finds out what became of segments, and brings home what they left.</summary>
internal sealed class PandaCollector : IAsyncDisposable
{
    private const int NotFound = 2;

    private readonly PandaOptions _options;
    private readonly PandaClient _client;
    private readonly PandaWatch _watch;
    private readonly PandaSubmitter _submitter;
    private readonly IArtifactStore _artifacts;
    private readonly ISegmentEvents? _events;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PandaOutcomes _outcomes;
    private readonly PandaQuestions _questions;

    public PandaCollector(
        PandaOptions options, PandaClient client, PandaWatch watch, PandaSubmitter submitter, IArtifactStore artifacts, ISegmentEvents? events, TimeProvider time, ILogger logger)
    {
        (_options, _client, _watch, _submitter, _artifacts, _events, _time, _logger) = (options, client, watch, submitter, artifacts, events, time, logger);
        _outcomes = new(options, watch, time);
        _questions = new(submitter, _outcomes, events, time, logger);
    }

    /// <summary>Brings a segment on as far as it goes now: <see cref="PandaRun.Outcome"/> says whether it has ended.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task AdvanceAsync(PandaRun run, CancellationToken cancellation)
    {
        if (run.Outcome is not null || _questions.IsAsking(run))
        {
            return;
        }

        await run.One.WaitAsync(cancellation);
        try
        {
            if (run.Outcome is not null || _questions.IsAsking(run))
            {
                return;
            }

            if (run.Result is null)
            {
                await LookAsync(run, cancellation);
            }

            if (run is { Outcome: null, Result: { } result })
            {
                await TakeAsync(run, result, cancellation);
            }
        }
        finally
        {
            run.One.Release();
        }
    }

    /// <summary>Ends a segment, now where the server takes that down.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task InterruptAsync(PandaRun run, CancellationToken cancellation)
    {
        await _questions.AnsweredAsync(run).WaitAsync(cancellation); // it was told to give up, and then says how the segment ends
        await run.One.WaitAsync(cancellation);
        try
        {
            if (run.Outcome is not null)
            {
                return;
            }

            if (run.Result is null && await KillAsync(run, cancellation))
            {
                _outcomes.EndInterrupted(run, "its task was killed: a job on the grid cannot be told to save itself");
            }
        }
        finally
        {
            run.One.Release();
        }
    }

    public ValueTask DisposeAsync() => _questions.DisposeAsync();

    private async Task<bool> KillAsync(PandaRun run, CancellationToken cancellation)
    {
        try
        {
            return await _client.KillAsync(run.Task, cancellation);
        }
        catch (PandaException error) when (error.Code == NotFound)
        {
            return false; // the server does not show it yet, or any more: the next round knows
        }
    }

    private async Task LookAsync(PandaRun run, CancellationToken cancellation)
    {
        await _watch.RefreshAsync(cancellation);
        PandaTask? task = _watch.Find(run.Task) ?? await LookUpAsync(run, cancellation);
        if (run.Outcome is not null || task is null)
        {
            return;
        }

        if (!task.IsFinal)
        {
            run.EndedSince = null;
            if (run.Interrupt is not null && await KillAsync(run, cancellation))
            {
                _outcomes.EndInterrupted(run, "its task was killed: a job on the grid cannot be told to save itself");
            }

            return;
        }

        DateTimeOffset now = _time.GetUtcNow();
        if (run.EndedSince is not null && now < run.LookedUpAt + _options.PollEvery)
        {
            return; // what is not there yet is asked for once a round
        }

        bool isFirstLook = run.EndedSince is null;
        (run.EndedSince, run.LookedUpAt) = (run.EndedSince ?? now, now);
        if (task.Status is "finished" or "done" or "failed" or "exhausted")
        {
            ImmutableSortedDictionary<long, JsonElement> metadata = await _client.MetadataAsync(run.Task, cancellation);
            if (isFirstLook && (_options.Retry || run.Work?.Definition.Grid is { Retry: true }))
            {
                run.JobsBefore += Math.Max(0, (await _client.JobsAsync(run.Task, cancellation)).Length - 1);
            }

            run.Result = metadata.Reverse().Select(job => PandaResult.Read(job.Value, run.Key)).FirstOrDefault(result => result is not null);
        }

        if (run.Result is null)
        {
            _outcomes.Judge(run, task);
        }
    }

    /// <summary>A task that no listing shows is asked for by itself, now and then.</summary>
    private async Task<PandaTask?> LookUpAsync(PandaRun run, CancellationToken cancellation)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (now < run.LookedUpAt + (_options.PollEvery * 5) && run.LookedUpAt != default)
        {
            return null;
        }

        run.LookedUpAt = now;
        if (await _client.FindStatusAsync(run.Task, cancellation) is { } status)
        {
            PandaTask task = new(run.Task, status, null);
            _watch.Set(task);
            return task;
        }

        if (now > run.Began + _options.UnknownFor)
        {
            _outcomes.End(run, SegmentStatus.Lost, FormattableString.Invariant($"PanDA does not know its task {run.Task}"));
        }

        return null;
    }

    private async Task TakeAsync(PandaRun run, PandaResult result, CancellationToken cancellation)
    {
        run.FirstBegan ??= result.Began;
        if (result.Thinned > 0 && !run.IsKept)
        {
            PandaExecutorLog.Thinned(_logger, run.Segment, result.Thinned);
        }

        await KeepAsync(run, result, cancellation);
        if (result.Asks && run.Work is null && await _submitter.FollowAsync(run, cancellation))
        {
            return; // it was answered already
        }

        ImmutableArray<Report> fresh = [.. result.Reports.Where(report => report.Step > run.ToldStep)];
        if (result is { Asks: true, Status: SegmentStatus.Paused } && run.Interrupt is null && result.Reports is [.., var last])
        {
            _questions.Ask(run, fresh.IsEmpty ? [last] : fresh);
            return;
        }

        ImmutableArray<Report> left = await TellAsync(run, fresh, cancellation);
        (SegmentStatus status, string? reason) = result.Asks && run.Interrupt == InterruptKind.Stop
            ? (SegmentStatus.Stopped, "interrupted while it waited to be told how to go on")
            : (result.Status, result.Reason);
        _outcomes.End(run, status, result.Error, reason, left);
    }

    private async Task<ImmutableArray<Report>> TellAsync(PandaRun run, ImmutableArray<Report> reports, CancellationToken cancellation)
    {
        if (_events is null)
        {
            return reports;
        }

        foreach (Report[] part in reports.Chunk(PandaQuestions.ReportsAtOnce))
        {
            try
            {
                await _events.ReportAsync(run.Segment, [.. part], wait: false, cancellation);
                run.ToldStep = part[^1].Step;
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                PandaExecutorLog.NotTaken(_logger, run.Segment, error);
                return [.. reports.Where(report => report.Step > run.ToldStep)]; // they ride in the outcome
            }
        }

        return [];
    }

    /// <summary>Stores the states and the log that came.</summary>
    private async Task KeepAsync(PandaRun run, PandaResult result, CancellationToken cancellation)
    {
        if (run.IsKept)
        {
            return;
        }

        ImmutableArray<Checkpoint> kept = [];
        foreach ((long step, string sha256, ReadOnlyMemory<byte> content) in _events is null ? [] : result.Checkpoints)
        {
            Checkpoint checkpoint = new(step, Checkpoint.NameFor(run.Segment, step, sha256), content.Length, sha256);
            await _artifacts.PutAsync(checkpoint.Name, content, cancellation);
            await _events!.CheckpointedAsync(run.Segment, checkpoint, cancellation);
            kept = kept.Insert(0, checkpoint);
        }

        if (run.Work is { } work)
        {
            run.Work = work with { Checkpoints = [.. kept, .. work.Checkpoints] };
        }

        if (result.Log is { Length: > 0 } log)
        {
            string name = TrialLog.NameFor(run.Segment.Experiment, run.Segment.Trial);
            ReadOnlyMemory<byte> before = await _artifacts.FindAsync(name, cancellation) ?? ReadOnlyMemory<byte>.Empty;
            await _artifacts.PutAsync(name, (byte[])[.. before.Span, .. Encoding.UTF8.GetBytes(log)], cancellation);
        }

        run.IsKept = true;
    }
}
