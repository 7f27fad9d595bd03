using System.Collections.Concurrent;
using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>Asks how segments go on whose jobs ended because they must be told, and lets them.</summary>
internal sealed class PandaQuestions(PandaSubmitter submitter, PandaOutcomes outcomes, ISegmentEvents? events, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>Most reports that are told at once.</summary>
    public const int ReportsAtOnce = 500;

    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<PandaRun, Task> _asking = new();
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Whether somebody is being asked about a segment.</summary>
    public bool IsAsking(PandaRun run) => _asking.ContainsKey(run);

    /// <summary>Waits until nobody is asked about a segment.</summary>
    public Task AnsweredAsync(PandaRun run) => _asking.TryGetValue(run, out Task? asking) ? asking : Task.CompletedTask;

    /// <summary>Begins to ask.</summary>
    /// <param name="run">The segment.</param>
    /// <param name="reports">What was not told yet; at least the last report.</param>
    public void Ask(PandaRun run, ImmutableArray<Report> reports)
    {
        CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        run.Asking = given;
        TaskCompletionSource begun = new();
        _asking[run] = AskAsync(run, reports, given, begun.Task);
        begun.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_asking.Values);
        _ending.Dispose();
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
                    await GoOnAsync(run, directive, _ending.Token); // a task that is half submitted could not be killed
                    return;
                }
                else
                {
                    bool pauses = directive.Action == DirectiveAction.Pause;
                    outcomes.End(run, pauses ? SegmentStatus.Paused : SegmentStatus.Stopped, null, pauses ? "paused where it asked" : "stopped where it asked");
                }
            }
        }
        catch (OperationCanceledException) when (run.Interrupt is { } kind && !_ending.IsCancellationRequested)
        {
            ImmutableArray<Report> left = [.. reports.Where(report => report.Step > run.ToldStep)];
            string remark = run.Result?.Reason is { Length: > 0 } said and not "paused" ? $"; {said}" : string.Empty;
            outcomes.End(run, kind == InterruptKind.Pause ? SegmentStatus.Paused : SegmentStatus.Stopped, null, $"interrupted while it waited to be told how to go on{remark}", left);
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
            outcomes.End(run, SegmentStatus.Lost, "this host was restarted while its job was on the grid: it is started again to go on");
            return;
        }

        SegmentWork next = work with { Until = directive.Until, Budget = directive.Budget };
        await submitter.ContinueAsync(run, next, cancellation);
    }
}
