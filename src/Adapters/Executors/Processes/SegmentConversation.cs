using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>One segment on one worker, from the request to the last word.</summary>
internal sealed class SegmentConversation : IDisposable
{
    private static readonly TimeSpan HangUpGrace = TimeSpan.FromSeconds(1);

    private readonly SegmentRun _run;
    private readonly TrialWorker _worker;
    private readonly ProcessExecutorOptions _options;
    private readonly TimeProvider _time;
    private readonly ReportRelay _relay;
    private readonly CancellationTokenSource _unwanted = new();
    private readonly string _folder;
    private readonly Lock _gate = new();
    private readonly List<int> _groups = [];
    private readonly List<ITimer> _timers = [];
    private bool _over;

    /// <param name="run">The segment.</param>
    /// <param name="beginning">Where it begins, and where it saves itself.</param>
    /// <param name="worker">Runs it.</param>
    /// <param name="options">The executor's.</param>
    /// <param name="events">Hears its reports.</param>
    /// <param name="courier">Takes its checkpoints.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    public SegmentConversation(
        SegmentRun run,
        SegmentBeginning beginning,
        TrialWorker worker,
        ProcessExecutorOptions options,
        ISegmentEvents events,
        CheckpointCourier courier,
        TimeProvider time,
        ILogger logger)
    {
        CancellationToken unwanted = _unwanted.Token;
        _folder = beginning.Folder;
        SavedStep = beginning.Step;
        _run = run;
        _worker = worker;
        _options = options;
        _time = time;
        _relay = new(run.Segment, events, KeepAsync, directive => TellAsync(directive, reason: null), logger);
        worker.Settled = () => _relay.IsIdle ? SavedStep : null;

        async Task KeepAsync(WorkerEvent.Saved saved)
        {
            if (await courier.KeepAsync(run.Segment, saved, worker.Place, beginning.Here, unwanted))
            {
                SavedStep = saved.Step;
            }
        }
    }

    /// <summary>Why the worker was killed.</summary>
    public SegmentKill Killed { get; private set; }

    /// <summary>Step of the newest checkpoint that the system knows; 0 where there is none.</summary>
    public long SavedStep { get; private set; }

    /// <summary>Hears the worker out.</summary>
    /// <param name="number">Number of the run, which every answer carries.</param>
    /// <param name="hostEnds">Kills the worker.</param>
    /// <returns>Its last word; null when the worker is gone without one.</returns>
    /// <exception cref="WorkerProtocolException">The worker breaks the protocol.</exception>
    public async Task<WorkerEvent.Ended?> HearAsync(long number, CancellationToken hostEnds)
    {
        using CancellationTokenRegistration _ = hostEnds.UnsafeRegister(self => ((SegmentConversation)self!).Kill(SegmentKill.Abandoned), this);
        if (_run.Work.Definition.Limits.Time is { } limit && !_worker.KeepsTime)
        {
            After(limit, SegmentKill.TimeLimit);
        }

        _run.Began(this);
        bool heardOut = false;
        try
        {
            while (await _worker.ReadAsync() is { } said)
            {
                switch (said)
                {
                    case WorkerEvent.Reported report when report.Run == number:
                        await _relay.AddAsync(report.Reports, report.Wait);
                        break;
                    case WorkerEvent.Saved saved when saved.Run == number && Path.GetDirectoryName(saved.Path) == _folder:
                        await _relay.AddAsync(saved);
                        break;
                    case WorkerEvent.Spawned spawned when spawned.Run == number:
                        Add(spawned.Group);
                        break;
                    case WorkerEvent.Ended ended when ended.Run == number:
                        heardOut = true;
                        return ended;
                    default:
                        throw new WorkerProtocolException($"unexpected {said}");
                }
            }

            return null;
        }
        finally
        {
            Close();
            if (!heardOut)
            {
                _groups.ForEach(_worker.Place.KillGroup); // the command it ran must not outlive it
                _worker.Kill();
            }
        }
    }

    /// <summary>Reports that the system did not take, after all else was.</summary>
    /// <param name="ended">Whether the program ended in order.</param>
    public Task<ImmutableArray<Report>> FinishReportsAsync(bool ended) => _relay.FinishAsync(saved: ended);

    /// <summary>Asks the program to stop or to pause, and kills it when it does not within the grace.</summary>
    public void Interrupt(InterruptKind kind)
    {
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            _relay.StopWaiting();
        }

        if (kind == InterruptKind.Pause)
        {
            After(_options.PauseGrace, SegmentKill.PausedTooSlowly);
            _ = TellAsync(new(DirectiveAction.Pause), "paused");
            return;
        }

        After(_run.Work.Definition.Limits.StopGrace ?? _options.StopGrace, SegmentKill.Interrupted);
        _ = TellAsync(new(DirectiveAction.Stop), "interrupted");
    }

    /// <summary>Kills the worker and the command it runs.</summary>
    public void Kill(SegmentKill why)
    {
        lock (_gate)
        {
            if (_over || Killed != SegmentKill.None)
            {
                return;
            }

            Killed = why;
            if (why == SegmentKill.Abandoned)
            {
                _ = _unwanted.CancelAsync();
            }

            _relay.StopWaiting();
            if (_run.Work.Definition.Program.Command.IsEmpty)
            {
                _worker.Kill();
                return;
            }

            _worker.HangUp(); // it knows best what it has started
            _timers.Add(_time.CreateTimer(_ => KillNow(), null, HangUpGrace, Timeout.InfiniteTimeSpan));
        }
    }

    public void Dispose()
    {
        Close();
        _relay.Dispose();
        _unwanted.Dispose();
    }

    /// <summary>Tells the worker something, as long as this segment is what it runs.</summary>
    private async Task TellAsync(TrialDirective directive, string? reason)
    {
        Task told;
        lock (_gate)
        {
            told = _over ? Task.CompletedTask : _worker.WriteAsync(WorkerMessages.Directive(directive, reason));
        }

        await told.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // a worker that is gone is noticed by its reader
    }

    private void Add(int group)
    {
        lock (_gate)
        {
            _groups.Add(group);
        }
    }

    private void KillNow()
    {
        lock (_gate)
        {
            if (!_over)
            {
                _groups.ForEach(_worker.Place.KillGroup);
                _worker.Kill();
            }
        }
    }

    private void After(TimeSpan delay, SegmentKill why)
    {
        lock (_gate)
        {
            if (!_over)
            {
                _timers.Add(_time.CreateTimer(_ => Kill(why), null, delay, Timeout.InfiniteTimeSpan));
            }
        }
    }

    private void Close()
    {
        lock (_gate)
        {
            _over = true;
            _timers.ForEach(timer => timer.Dispose());
            _timers.Clear();
        }
    }
}
