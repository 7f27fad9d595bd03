using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Runs one segment to its outcome, whatever happens on the way.</summary>
internal sealed class SegmentRunner(
    ProcessExecutorOptions options,
    TrialFolders folders,
    SegmentLogs logs,
    ISegmentEvents events,
    CheckpointCourier courier,
    IWorkerHost workers,
    TimeProvider time,
    ILogger logger,
    CancellationToken hostEnds)
{
    /// <summary>Why a segment was ended that never ran.</summary>
    private const string Untouched = "interrupted before it started";

    /// <summary>Runs a segment on a worker, the given one where it fits.</summary>
    /// <param name="run">The segment.</param>
    /// <param name="worker">A worker that is free; null where there is none.</param>
    /// <returns>The worker that is free afterwards; null where none is left.</returns>
    public async Task<TrialWorker?> RunAsync(SegmentRun run, TrialWorker? worker)
    {
        if (!run.TryTake())
        {
            return worker;
        }

        TrialWorker? current = worker;
        try
        {
            using SegmentLogs.Lease lease = logs.Borrow(run.Segment.Experiment);
            if (lease.Log.Find(run.Segment).Outcome is { } known)
            {
                End(run, known);
                return worker;
            }

            if (run.Interrupted is { } kind && !run.WasBegun)
            {
                EndUntouched(run, kind);
                return worker;
            }

            current = null; // one that does not fit is ended there
            current = await FitAsync(run, worker);
            SegmentUnderWay begins = current.UnderWay ?? await BeginAsync(run, lease.Log);
            (SegmentOutcome? outcome, bool reusable, bool begun) = await ConverseAsync(run, begins, current);
            if (!begun && current == worker)
            {
                await current.DisposeAsync(); // it died while it was idle: not the trial's fault
                current = null;
                current = await FitAsync(run, worker: null);
                (outcome, reusable, _) = await ConverseAsync(run, begins, current);
            }

            CheckpointCourier.ClearIfPossible(begins.Beginning.Here);
            if (outcome is not null)
            {
                if (outcome.Status != SegmentStatus.Lost)
                {
                    lease.Log.WriteOutcome(run.Segment, outcome); // what was lost may be started again
                }

                current.Conclude();
                End(run, outcome);
            }

            if (reusable && !current.Place.IsForOne)
            {
                return current;
            }
        }
        catch (WorkerStartException error)
        {
            EndWithoutStart(run, SegmentStatus.Failed, error.Message);
            return null;
        }
        catch (OperationCanceledException) when (hostEnds.IsCancellationRequested)
        {
            return null;
        }
        catch (UnavailableException) when (run.Interrupted is { } kind)
        {
            EndUntouched(run, kind);
        }
        catch (UnavailableException error)
        {
            EndWithoutStart(run, SegmentStatus.Lost, error.Message);
        }
        catch (Exception error)
        {
            ProcessExecutorLog.SegmentLost(logger, run.Segment, error);
            EndWithoutStart(run, SegmentStatus.Lost, $"the host could not run it: {error.GetType().Name}: {error.Message}");
            current?.Kill();
        }

        if (current is not null)
        {
            await current.DisposeAsync();
        }

        return null;
    }

    /// <summary>Ends a segment that was interrupted before it ran.</summary>
    public void EndUntouched(SegmentRun run, InterruptKind kind) =>
        EndWithoutStart(run, kind == InterruptKind.Pause ? SegmentStatus.Paused : SegmentStatus.Stopped, Untouched);

    /// <summary>Ends a segment that did not get as far as running.</summary>
    public void EndWithoutStart(SegmentRun run, SegmentStatus status, string text)
    {
        DateTimeOffset now = time.GetUtcNow();
        bool isError = status is SegmentStatus.Failed or SegmentStatus.Lost;
        End(run, new()
        {
            Status = status,
            Error = isError ? OneLine(text) : null,
            Reason = isError ? null : text,
            Site = options.Site,
            Attempts = 0,
            StartedAt = now,
            EndedAt = now,
        });
    }

    /// <summary>Makes an outcome known.</summary>
    public void End(SegmentRun run, SegmentOutcome outcome)
    {
        run.End(outcome);
        _ = Task.Run(() => NotifyAsync(run.Segment), CancellationToken.None);
    }

    private async Task NotifyAsync(SegmentId segment)
    {
        try
        {
            await events.EndedAsync(segment, hostEnds);
        }
        catch (Exception error)
        {
            ProcessExecutorLog.EndNotNoticed(logger, segment, error);
        }
    }

    /// <summary>The given worker where it may run this segment, else a new one.</summary>
    private async Task<TrialWorker> FitAsync(SegmentRun run, TrialWorker? worker)
    {
        if (worker is not null)
        {
            bool isolated = run.Work.Definition.Limits.Isolate && worker.Runs > 0;
            if (!isolated && worker.Scripts == run.Scripts && !worker.HasExited && worker.Place.Fits(run))
            {
                return worker;
            }

            await worker.DisposeAsync();
        }

        return await workers.StartAsync(run, hostEnds);
    }

    /// <summary>Notes a start, and fetches the state that it begins at.</summary>
    private async Task<SegmentUnderWay> BeginAsync(SegmentRun run, SegmentLog log)
    {
        int starts = log.WriteStart(run.Segment, time.GetUtcNow());
        SegmentBeginning here = await courier.BeginAsync(run.Work, starts, TrialFolders.CheckpointsIn(folders.Of(run.Segment)), hostEnds);
        return new(run.Work, starts, time.GetUtcNow(), here);
    }

    /// <summary>Sends a segment to a worker. Whether somebody was there to take it shows in the conversation.</summary>
    /// <returns>The segment as the worker sees it.</returns>
    private async Task<SegmentUnderWay> SendAsync(SegmentRun run, SegmentUnderWay begins, TrialWorker worker)
    {
        IWorkerPlace place = worker.Place;
        SegmentUnderWay there = begins with { Beginning = await place.PlaceAsync(run.Segment, begins.Beginning, hostEnds), StartedAt = time.GetUtcNow() };
        worker.Remember(there);
        try
        {
            await worker.WriteAsync(
                WorkerMessages.Run(worker.NextRun(), run.Work, place.ScriptsAt(run.Scripts), place.FolderOf(run.Segment), there.Beginning, options.PauseGrace));
        }
        catch (IOException)
        {
            // It is gone: the conversation ends at once.
        }

        return there;
    }

    /// <summary>Hears a worker out.</summary>
    /// <returns>The outcome, null where nobody wants it; whether the worker can take another segment; whether the program was begun at all.</returns>
    private async Task<(SegmentOutcome? Outcome, bool Reusable, bool Begun)> ConverseAsync(SegmentRun run, SegmentUnderWay begins, TrialWorker worker)
    {
        SegmentUnderWay there = worker.UnderWay ?? await SendAsync(run, begins, worker);
        SegmentOutcome draft = new()
        {
            Status = SegmentStatus.Failed,
            Site = options.Site,
            StartedAt = there.StartedAt,
            EndedAt = there.StartedAt,
            Attempts = there.Starts,
        };
        using SegmentConversation conversation = new(run, there.Beginning, worker, options, events, courier, time, logger);
        WorkerEvent.Ended? last = null;
        string? violation = null;
        try
        {
            last = await conversation.HearAsync(worker.Runs, hostEnds);
        }
        catch (WorkerProtocolException error)
        {
            violation = error.Message;
        }

        ImmutableArray<Report> unsent = await conversation.FinishReportsAsync(ended: last is not null);
        draft = draft with { EndedAt = time.GetUtcNow(), Reports = unsent };
        if (last is null && hostEnds.IsCancellationRequested)
        {
            return (null, false, true);
        }

        await worker.Place.CollectAsync(run.Segment, hostEnds);
        if (last is not null)
        {
            return (Finished(draft, last), last.Reusable && conversation.Killed == SegmentKill.None, true);
        }

        WorkerExit exit = await worker.ExitAsync();
        bool silent = conversation.Killed == SegmentKill.None && violation is null && unsent.IsEmpty;
        bool begun = !silent || File.Exists(TrialFolders.LogIn(folders.Of(run.Segment))); // the log is the first thing that a worker makes
        string? lost = await worker.WhyLostAsync(exit);
        SegmentOutcome? outcome = worker.LimitExceeded is { } limit && conversation.Killed == SegmentKill.None
            ? draft with { Error = limit }
            : Killed(run, draft, conversation, violation, lost, exit);
        return (outcome, false, begun || lost is not null);
    }

    /// <summary>What the harness says where a program that was told to pause could not save itself.</summary>
    private const string NotSaved = "its state could not be saved";

    private static SegmentOutcome Finished(SegmentOutcome draft, WorkerEvent.Ended last) => WorkerExit.IsKillSignal(last.Signal) ? draft with
    {
        Status = SegmentStatus.Lost,
        Reports = draft.Reports.AddRange(last.Reports),
        Error = OneLine(KilledBy("command", last.Signal)),
    }
    : draft with
    {
        Status = last.Status,
        Reports = draft.Reports.IsEmpty ? last.Reports : draft.Reports.AddRange(last.Reports),
        Error = last.Status == SegmentStatus.Failed ? Describe(last) : null,
        Reason = last.Reason,
        Remark = last.Status == SegmentStatus.Paused && last.Reason?.Contains(NotSaved, StringComparison.Ordinal) == true ? OneLine(last.Reason) : null,
    };

    /// <summary>What became of a segment whose worker is gone; null where nobody wants to know.</summary>
    private SegmentOutcome? Killed(SegmentRun run, SegmentOutcome draft, SegmentConversation conversation, string? violation, string? lost, WorkerExit exit) => conversation.Killed switch
    {
        SegmentKill.Abandoned => null,
        SegmentKill.Interrupted => draft with
        {
            Status = SegmentStatus.Stopped,
            Reason = $"interrupted, and killed because it did not stop within {(run.Work.Definition.Limits.StopGrace ?? options.StopGrace).TotalSeconds:0.#} s",
            Remark = $"it did not stop within {(run.Work.Definition.Limits.StopGrace ?? options.StopGrace).TotalSeconds:0.#} s and was killed",
        },
        SegmentKill.PausedTooSlowly => draft with
        {
            Status = SegmentStatus.Paused,
            Remark = $"it did not save itself within {options.PauseGrace.TotalSeconds:0.#} s and was killed",
            Reason = $"paused, and killed because it did not save itself within {options.PauseGrace.TotalSeconds:0.#} s: "
                + (conversation.SavedStep > 0 ? $"it resumes from the checkpoint at step {conversation.SavedStep}" : "it starts from the beginning when it resumes"),
        },
        SegmentKill.TimeLimit => draft with { Error = $"time limit of {run.Work.Definition.Limits.Time!.Value.TotalSeconds:0.###} s exceeded" },
        _ when lost is not null => draft with { Status = SegmentStatus.Lost, Error = OneLine(lost) },
        _ when violation is not null => draft with { Error = OneLine($"protocol error: {violation}") },
        _ when exit.IsKill => draft with { Status = SegmentStatus.Lost, Error = OneLine(KilledBy("worker process", exit.Code - 128)) },
        _ => draft with { Error = OneLine(Sudden(run, exit)) },
    };

    private static string KilledBy(string what, int signal) =>
        $"the {what} was killed from outside ({WorkerExit.NameOf(signal)}) while running the trial, maybe by the system because memory ran out";

    private string Sudden(SegmentRun run, WorkerExit exit)
    {
        string text = $"the worker process ended unexpectedly ({exit}) while running the trial";
        return folders.LastWords(run.Segment) is { } words ? $"{text}; its log ends with: {words}" : text;
    }

    private static string Describe(WorkerEvent.Ended last)
    {
        string error = OneLine(last.Error ?? "failed without saying why");
        string? words = last.Traceback?.Split('\n').LastOrDefault(line => !string.IsNullOrWhiteSpace(line))?.Trim();
        return words is null || error.Contains(words, StringComparison.Ordinal) || words.StartsWith(error, StringComparison.Ordinal)
            ? error
            : $"{error}: {OneLine(words)}";
    }

    private static string OneLine(string text)
    {
        string line = string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.Length <= 2000 ? line : line[..2000];
    }
}
