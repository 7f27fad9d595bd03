using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Carries the reports and checkpoints of one running segment to the system, in order, while the program goes on.</summary>
/// <remarks>
/// Reports that the system does not take wait for the next ones and, in the end, ride in the outcome: none is lost.
/// A checkpoint is never known before the reports that came before it, so that what goes on from it leaves no gap.
/// </remarks>
/// <param name="segment">Which segment.</param>
/// <param name="events">The system.</param>
/// <param name="keep">Makes a checkpoint known; never fails.</param>
/// <param name="answer">Tells the program how to go on.</param>
/// <param name="logger">Hears of what is not taken.</param>
internal sealed class ReportRelay(
    SegmentId segment, ISegmentEvents events, Func<WorkerEvent.Saved, Task> keep, Func<TrialDirective, Task> answer, ILogger logger) : IDisposable
{
    private const int BatchSize = 1000;
    private const int MaxPending = 100_000;
    private const int MaxSaved = 4;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly List<Report> _pending = [];
    private readonly Queue<(long After, WorkerEvent.Saved File)> _saved = [];
    private long _added;
    private long _taken;
    private bool _wait;
    private bool _fresh;
    private Task? _pump;

    /// <summary>Whether all that was given to it is dealt with.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _pump is null && _pending.Count == 0 && _saved.Count == 0;
            }
        }
    }

    /// <summary>Takes reports. Completes at once, unless far too many wait already: then the program is held back.</summary>
    public Task AddAsync(ImmutableArray<Report> reports, bool wait)
    {
        lock (_gate)
        {
            if (_pending is not [.., var last] || last.Step < reports[^1].Step)
            {
                _pending.AddRange(reports);
                _added += reports.Length;
            }

            _wait |= wait;
            _fresh = true;
            _pump ??= Task.Run(PumpAsync);
            return _pending.Count > MaxPending ? _pump : Task.CompletedTask;
        }
    }

    /// <summary>Takes a checkpoint. Completes at once, unless several wait already: then the program is held back.</summary>
    public Task AddAsync(WorkerEvent.Saved saved)
    {
        lock (_gate)
        {
            _saved.Enqueue((_added, saved));
            _pump ??= Task.Run(PumpAsync);
            return _saved.Count > MaxSaved ? _pump : Task.CompletedTask;
        }
    }

    /// <summary>No directive is wanted any more: the segment is told to end.</summary>
    public void StopWaiting() => _ = _closing.CancelAsync();

    /// <summary>Lets what is under way finish.</summary>
    /// <param name="saved">Whether checkpoints behind reports that were not taken become known: those reports ride in the outcome.</param>
    /// <returns>Reports that were not taken.</returns>
    public async Task<ImmutableArray<Report>> FinishAsync(bool saved)
    {
        Task? pump;
        lock (_gate)
        {
            if (_wait)
            {
                _ = _closing.CancelAsync(); // the program died while it waited for an answer
            }

            pump = _pump;
        }

        if (pump is not null)
        {
            await pump;
        }

        while (saved && _saved.TryDequeue(out (long After, WorkerEvent.Saved File) late))
        {
            await keep(late.File);
        }

        return [.. _pending];
    }

    public void Dispose() => _closing.Dispose();

    private async Task PumpAsync()
    {
        for (bool taken = true; ;)
        {
            ImmutableArray<Report> batch = [];
            WorkerEvent.Saved? due = null;
            bool wait = false;
            lock (_gate)
            {
                long room = BatchSize;
                if (_saved.TryPeek(out (long After, WorkerEvent.Saved File) next))
                {
                    due = next.After <= _taken ? next.File : null;
                    room = next.After - _taken;
                }

                if (due is null && (_pending.Count == 0 || !(taken || _fresh)))
                {
                    _pump = null;
                    return;
                }

                if (due is null)
                {
                    _fresh = false;
                    batch = [.. _pending.Take((int)Math.Min(BatchSize, room))];
                    wait = _wait && batch.Length == _pending.Count;
                }
            }

            if (due is not null)
            {
                await keep(due);
                lock (_gate)
                {
                    _saved.Dequeue();
                }

                continue;
            }

            taken = await SendAsync(batch, wait);
        }
    }

    /// <summary>Sends one batch.</summary>
    /// <returns>Whether it was taken.</returns>
    private async Task<bool> SendAsync(ImmutableArray<Report> batch, bool wait)
    {
        TrialDirective directive;
        bool taken = false;
        try
        {
            directive = await events.ReportAsync(segment, batch, wait, _closing.Token);
            taken = true;
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception error)
        {
            ProcessExecutorLog.ReportsNotTaken(logger, segment, error);
            directive = new(DirectiveAction.Continue, batch[^1].Step); // it asks again
        }

        lock (_gate)
        {
            if (taken)
            {
                _pending.RemoveRange(0, batch.Length);
                _taken += batch.Length;
            }

            _wait &= !wait;
        }

        if (wait || directive.Action != DirectiveAction.Continue)
        {
            await answer(directive);
        }

        return taken;
    }
}
