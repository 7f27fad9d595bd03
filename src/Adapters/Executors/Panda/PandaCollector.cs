using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>Finds out what became of segments, and brings home what they left.</summary>
internal sealed class PandaCollector(
    PandaOptions options, PandaClient client, PandaWatch watch, PandaSubmitter submitter, IArtifactStore artifacts, ISegmentEvents? events, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private const int ReportsAtOnce = 500;
    private const int NotFound = 2;

    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<PandaRun, Task> _asking = new();
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Brings a segment on as far as it goes now: <see cref="PandaRun.Outcome"/> says whether it has ended.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task AdvanceAsync(PandaRun run, CancellationToken cancellation)
    {
        if (run.Outcome is not null || _asking.ContainsKey(run))
        {
            return;
        }

        await run.One.WaitAsync(cancellation);
        try
        {
            if (run.Outcome is not null || _asking.ContainsKey(run))
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
        if (_asking.TryGetValue(run, out Task? asking))
        {
            await asking.WaitAsync(cancellation); // it was told to give up, and then says how the segment ends
        }

        await run.One.WaitAsync(cancellation);
        try
        {
            if (run.Outcome is not null)
            {
                return;
            }

            if (run.Result is null && await KillAsync(run, cancellation))
            {
                EndInterrupted(run, "its task was killed: a job on the grid cannot be told to save itself");
            }
        }
        finally
        {
            run.One.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_asking.Values);
        _ending.Dispose();
    }

    private async Task<bool> KillAsync(PandaRun run, CancellationToken cancellation)
    {
        try
        {
            return await client.KillAsync(run.Task, cancellation);
        }
        catch (PandaException error) when (error.Code == NotFound)
        {
            return false; // the server does not show it yet, or any more: the next round knows
        }
    }

    private async Task LookAsync(PandaRun run, CancellationToken cancellation)
    {
        await watch.RefreshAsync(cancellation);
        PandaTask? task = watch.Find(run.Task) ?? await LookUpAsync(run, cancellation);
        if (run.Outcome is not null || task is null)
        {
            return;
        }

        if (!task.IsFinal)
        {
            run.EndedSince = null;
            if (run.Interrupt is not null && await KillAsync(run, cancellation))
            {
                EndInterrupted(run, "its task was killed: a job on the grid cannot be told to save itself");
            }

            return;
        }

        DateTimeOffset now = time.GetUtcNow();
        if (run.EndedSince is not null && now < run.LookedUpAt + options.PollEvery)
        {
            return; // what is not there yet is asked for once a round
        }

        (run.EndedSince, run.LookedUpAt) = (run.EndedSince ?? now, now);
        if (task.Status is "finished" or "done" or "failed" or "exhausted")
        {
            ImmutableSortedDictionary<long, JsonElement> metadata = await client.MetadataAsync(run.Task, cancellation);
            if (options.Retry || run.Work?.Definition.Grid is { Retry: true })
            {
                run.JobsBefore += Math.Max(0, (await client.JobsAsync(run.Task, cancellation)).Length - 1);
            }

            run.Result = metadata.Reverse().Select(job => PandaResult.Read(job.Value, run.Key)).FirstOrDefault(result => result is not null);
        }

        if (run.Result is null)
        {
            Judge(run, task);
        }
    }

    /// <summary>A task that no listing shows is asked for by itself, now and then.</summary>
    private async Task<PandaTask?> LookUpAsync(PandaRun run, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (now < run.LookedUpAt + (options.PollEvery * 5) && run.LookedUpAt != default)
        {
            return null;
        }

        run.LookedUpAt = now;
        if (await client.FindStatusAsync(run.Task, cancellation) is { } status)
        {
            PandaTask task = new(run.Task, status, null);
            watch.Set(task);
            return task;
        }

        if (now > run.Began + options.UnknownFor)
        {
            End(run, SegmentStatus.Lost, Invariant($"PanDA does not know its task {run.Task}"));
        }

        return null;
    }

    /// <summary>Says what became of a task that left nothing.</summary>
    private void Judge(PandaRun run, PandaTask task)
    {
        string dialog = string.IsNullOrWhiteSpace(task.ErrorDialog) ? string.Empty : $": {OneLine(task.ErrorDialog)}";
        if (run.Interrupt is not null)
        {
            EndInterrupted(run, Invariant($"its task {run.Task} had ended before with {task.Status}"));
            return;
        }

        switch (task.Status)
        {
            case "broken":
                End(run, SegmentStatus.Failed, Invariant($"PanDA cannot run its task {run.Task}{dialog}"));
                break;
            case "aborted":
                End(run, SegmentStatus.Lost, Invariant($"its task {run.Task} was killed, and not from here{dialog}"));
                break;
            case "failed" or "exhausted":
                End(run, SegmentStatus.Lost, Invariant($"no job of its task {run.Task} succeeded{dialog}"));
                break;
            default:
                if (time.GetUtcNow() >= run.EndedSince + options.MetadataFor)
                {
                    End(run, SegmentStatus.Lost, Invariant($"the job of its task {run.Task} finished, but the grid has no userJobMetadata.json of it: it was larger than the grid keeps (see MetadataKiB), or got lost"));
                }

                break;
        }
    }

    private async Task TakeAsync(PandaRun run, PandaResult result, CancellationToken cancellation)
    {
        run.FirstBegan ??= result.Began;
        if (result.Thinned > 0 && !run.IsKept)
        {
            PandaExecutorLog.Thinned(logger, run.Segment, result.Thinned);
        }

        await KeepAsync(run, result, cancellation);
        if (result.Asks && run.Work is null && await submitter.FollowAsync(run, cancellation))
        {
            return; // it was answered already
        }

        ImmutableArray<Report> fresh = [.. result.Reports.Where(report => report.Step > run.ToldStep)];
        if (result is { Asks: true, Status: SegmentStatus.Paused } && run.Interrupt is null && result.Reports is [.., var last])
        {
            CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            run.Asking = given;
            TaskCompletionSource begun = new();
            _asking[run] = AskAsync(run, fresh.IsEmpty ? [last] : fresh, given, begun.Task);
            begun.SetResult();
            return;
        }

        ImmutableArray<Report> left = await TellAsync(run, fresh, cancellation);
        (SegmentStatus status, string? reason) = result.Asks && run.Interrupt == InterruptKind.Stop
            ? (SegmentStatus.Stopped, "interrupted while it waited to be told how to go on")
            : (result.Status, result.Reason);
        End(run, status, result.Error, reason, left);
    }

    /// <summary>Asks how the segment goes on until there is an answer, and sees to it.</summary>
    private async Task AskAsync(PandaRun run, ImmutableArray<Report> reports, CancellationTokenSource given, Task begun)
    {
        await begun;
        await Task.Yield();
        long step = reports[^1].Step;
        try
        {
            while (run.Outcome is null)
            {
                TrialDirective directive = await OnceAsync(run, reports, given.Token);
                if (directive.Action == DirectiveAction.Continue && directive.Until <= step)
                {
                    await Task.Delay(AskAgain, time, given.Token);
                    reports = [reports[^1]];
                }
                else if (directive.Action == DirectiveAction.Continue)
                {
                    await GoOnAsync(run, directive, given.Token);
                    return;
                }
                else
                {
                    bool pauses = directive.Action == DirectiveAction.Pause;
                    End(run, pauses ? SegmentStatus.Paused : SegmentStatus.Stopped, null, pauses ? "paused where it asked" : "stopped where it asked");
                }
            }
        }
        catch (OperationCanceledException) when (run.Interrupt is { } kind && !_ending.IsCancellationRequested)
        {
            ImmutableArray<Report> left = [.. reports.Where(report => report.Step > run.ToldStep)];
            string remark = run.Result?.Reason is { Length: > 0 } said and not "paused" ? $"; {said}" : string.Empty;
            End(run, kind == InterruptKind.Pause ? SegmentStatus.Paused : SegmentStatus.Stopped, null, $"interrupted while it waited to be told how to go on{remark}", left);
        }
        catch (OperationCanceledException)
        {
            // The host ends; the next one asks.
        }
        catch (Exception error)
        {
            PandaExecutorLog.NotTaken(logger, run.Segment, error);
        }
        finally
        {
            run.Asking = null;
            _asking.TryRemove(run, out _);
            given.Dispose();
        }
    }

    private async Task<TrialDirective> OnceAsync(PandaRun run, ImmutableArray<Report> reports, CancellationToken cancellation)
    {
        if (events is null)
        {
            throw new InvalidOperationException("a segment asks where nobody answers");
        }

        TrialDirective directive = new(DirectiveAction.Continue, reports[^1].Step);
        foreach (Report[] part in reports.Chunk(ReportsAtOnce))
        {
            directive = await events.ReportAsync(run.Segment, [.. part], wait: part[^1].Step == reports[^1].Step, cancellation);
            run.ToldStep = Math.Max(run.ToldStep, part[^1].Step);
        }

        return directive;
    }

    private async Task GoOnAsync(PandaRun run, TrialDirective directive, CancellationToken cancellation)
    {
        if (run.Work is not { } work)
        {
            End(run, SegmentStatus.Lost, "this host was restarted while its job was on the grid: it is started again to go on");
            return;
        }

        SegmentWork next = work with { Until = directive.Until, Budget = directive.Budget };
        await submitter.ContinueAsync(run, next, cancellation);
    }

    private async Task<ImmutableArray<Report>> TellAsync(PandaRun run, ImmutableArray<Report> reports, CancellationToken cancellation)
    {
        if (events is null)
        {
            return reports;
        }

        foreach (Report[] part in reports.Chunk(ReportsAtOnce))
        {
            try
            {
                await events.ReportAsync(run.Segment, [.. part], wait: false, cancellation);
                run.ToldStep = part[^1].Step;
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                PandaExecutorLog.NotTaken(logger, run.Segment, error);
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
        foreach ((long step, string sha256, ReadOnlyMemory<byte> content) in events is null ? [] : result.Checkpoints)
        {
            Checkpoint checkpoint = new(step, Checkpoint.NameFor(run.Segment, step, sha256), content.Length, sha256);
            await artifacts.PutAsync(checkpoint.Name, content, cancellation);
            await events!.CheckpointedAsync(run.Segment, checkpoint, cancellation);
            kept = kept.Insert(0, checkpoint);
        }

        if (run.Work is { } work)
        {
            run.Work = work with { Checkpoints = [.. kept, .. work.Checkpoints] };
        }

        if (result.Log is { Length: > 0 } log)
        {
            string name = TrialLog.NameFor(run.Segment.Experiment, run.Segment.Trial);
            ReadOnlyMemory<byte> before = await artifacts.FindAsync(name, cancellation) ?? ReadOnlyMemory<byte>.Empty;
            await artifacts.PutAsync(name, (byte[])[.. before.Span, .. Encoding.UTF8.GetBytes(log)], cancellation);
        }

        run.IsKept = true;
    }

    private void EndInterrupted(PandaRun run, string how)
    {
        bool pauses = run.Interrupt == InterruptKind.Pause;
        End(run, pauses ? SegmentStatus.Paused : SegmentStatus.Stopped, null, pauses
            ? $"paused, and {how}; it resumes from its last checkpoint, or starts from the beginning where it has none"
            : $"interrupted: {how}");
    }

    private void End(PandaRun run, SegmentStatus status, string? error = null, string? reason = null, ImmutableArray<Report> reports = default)
    {
        DateTimeOffset now = time.GetUtcNow();
        run.End(new()
        {
            Status = status,
            Error = error,
            Reason = reason,
            Reports = reports.IsDefault ? [] : reports,
            Site = options.Site,
            Attempts = run.Handle.Attempt + 1 + run.JobsBefore,
            StartedAt = run.FirstBegan ?? run.Handle.Began,
            EndedAt = run.Result?.Ended ?? now,
        });
        watch.Remove(run.Task);
    }

    private static string OneLine(string text)
    {
        const int Longest = 500;
        string line = string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= Longest ? line : line[..Longest];
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
