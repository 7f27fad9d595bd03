using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Carries the reports of one running segment to the system, in order, while the program goes on.</summary>
/// <remarks>Reports that the system does not take wait for the next ones and, in the end, ride in the outcome: none is lost.</remarks>
internal sealed class ReportRelay(SegmentId segment, ISegmentEvents events, Func<TrialDirective, Task> answer, ILogger logger) : IDisposable
{
    private const int BatchSize = 1000;
    private const int MaxPending = 100_000;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly List<Report> _pending = [];
    private bool _wait;
    private bool _fresh;
    private Task? _pump;

    /// <summary>Takes reports. Completes at once, unless far too many wait already: then the program is held back.</summary>
    public Task AddAsync(ImmutableArray<Report> reports, bool wait)
    {
        lock (_gate)
        {
            _pending.AddRange(reports);
            _wait |= wait;
            _fresh = true;
            _pump ??= Task.Run(PumpAsync);
            return _pending.Count > MaxPending ? _pump : Task.CompletedTask;
        }
    }

    /// <summary>No directive is wanted any more: the segment is told to end.</summary>
    public void StopWaiting() => _ = _closing.CancelAsync();

    /// <summary>Lets what is under way finish.</summary>
    /// <returns>Reports that were not taken.</returns>
    public async Task<ImmutableArray<Report>> FinishAsync()
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

        return [.. _pending];
    }

    public void Dispose() => _closing.Dispose();

    private async Task PumpAsync()
    {
        for (bool taken = true; ;)
        {
            ImmutableArray<Report> batch;
            bool wait;
            lock (_gate)
            {
                if (_pending.Count == 0 || !(taken || _fresh))
                {
                    _pump = null;
                    return;
                }

                _fresh = false;
                batch = [.. _pending.Take(BatchSize)];
                wait = _wait && batch.Length == _pending.Count;
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
            directive = new(DirectiveAction.Continue, batch[^1].Step + 1); // it asks again with its next report
        }

        lock (_gate)
        {
            if (taken)
            {
                _pending.RemoveRange(0, batch.Length);
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
