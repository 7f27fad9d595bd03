using System.Collections.Concurrent;
using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Machine;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Runs segments on this machine, in Python processes that stay warm from one segment to the next.</summary>
/// <remarks>
/// <para>Each segment's end is on disk before it is told: a host that is killed and started again finds what ended and runs only what did not.
/// A trial's folder keeps its log (<c>log.txt</c>) for good.</para>
/// <para>Disposing it ends all workers; segments that run are gone, as after a crash.</para>
/// </remarks>
public sealed class ProcessExecutor : ITrialExecutor, ITrialLogs, IAsyncDisposable
{
    private readonly ConcurrentDictionary<SegmentId, SegmentRun> _runs = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly TrialFolders _folders;
    private readonly SegmentLogs _logs;
    private readonly ScriptFolders _scripts;
    private readonly SegmentRunner _runner;
    private readonly WorkerPool _pool;
    private readonly ILogger _logger;
    private readonly int? _slots;
    private readonly MachineOptions? _machine;
    private readonly MachineShares? _shares;
    private readonly ISegmentMemory? _memory;

    /// <summary>An executor without any worker yet.</summary>
    /// <exception cref="InvalidInputException">The options have faults; lists all of them.</exception>
    public ProcessExecutor(
        ProcessExecutorOptions options,
        ISegmentEvents events,
        IArtifactStore artifacts,
        TimeProvider? time = null,
        ILogger<ProcessExecutor>? logger = null)
        : this(
            options,
            TrialFolders.DefaultSegmentLog,
            events,
            artifacts,
            time ?? TimeProvider.System,
            logger ?? NullLogger<ProcessExecutor>.Instance,
            folders => new LocalWorkers(options, folders, time ?? TimeProvider.System, logger ?? NullLogger<ProcessExecutor>.Instance))
    {
    }

    /// <summary>An executor that gives each segment a share of this machine.</summary>
    /// <param name="site">What it may give.</param>
    /// <param name="workFolder">Data folder, which other executors of this machine may use as well.</param>
    /// <param name="events">Hears from segments.</param>
    /// <param name="artifacts">Where scripts and checkpoints are.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    /// <exception cref="InvalidInputException">The options have faults; lists all of them.</exception>
    public ProcessExecutor(
        MachineOptions site, string workFolder, ISegmentEvents events, IArtifactStore artifacts, TimeProvider? time = null, ILogger<ProcessExecutor>? logger = null)
        : this(
            ProcessExecutorOptions.For(site, workFolder),
            $"segments-{site.Site}.jsonl",
            events,
            artifacts,
            time ?? TimeProvider.System,
            logger ?? NullLogger<ProcessExecutor>.Instance,
            folders => new LocalWorkers(
                ProcessExecutorOptions.For(site, workFolder), folders, time ?? TimeProvider.System, logger ?? NullLogger<ProcessExecutor>.Instance, site),
            site)
    {
    }

    /// <summary>An executor whose workers may be elsewhere.</summary>
    internal ProcessExecutor(
        ProcessExecutorOptions options,
        string segmentLog,
        ISegmentEvents events,
        IArtifactStore artifacts,
        TimeProvider clock,
        ILogger logger,
        Func<TrialFolders, IWorkerHost> workers,
        MachineOptions? machine = null,
        ISegmentMemory? memory = null)
    {
        options.Validate();
        machine?.Validate();
        _memory = memory;
        _machine = machine;
        _shares = machine is null ? null : new(machine);
        _logger = logger;
        _folders = new(options.WorkFolder, segmentLog);
        _logs = new(_folders);
        _scripts = new(options.WorkFolder, artifacts);
        _runner = new(options, _folders, _logs, events, new(artifacts, events, clock, _logger), workers(_folders), clock, _logger, _ending.Token);
        _pool = new(options.MaxWorkers, options.IdleWorkerTimeout, clock, _runner, _shares);
        Site = options.Site;
        _slots = options.MaxWorkers == int.MaxValue ? null : options.MaxWorkers;
    }

    /// <inheritdoc/>
    public string Site { get; }

    /// <summary>Worker slots in use or kept warm.</summary>
    internal int WorkerCount => _pool.SlotCount;

    /// <inheritdoc/>
    public Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_ending.IsCancellationRequested, this);
        SegmentRun started = new(Limited(work)) { WasBegun = _memory?.Recall(work.Segment) is not null };
        SegmentRun known = _runs.AddOrUpdate(work.Segment, started, (_, run) => IsSuperseded(run, work) ? started : run);
        if (known == started)
        {
            started.Preparation = PrepareAsync(started);
        }

        return Task.FromResult($"{Site}:{work.Segment.InstanceId}");
    }

    /// <inheritdoc/>
    public async Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        if (_runs.TryGetValue(segment, out SegmentRun? run))
        {
            return run.Outcome;
        }

        if (_logs.Find(segment).Outcome is { } outcome)
        {
            _memory?.Leave(segment);
            return outcome;
        }

        return await AdoptAsync(segment, cancellation) ? null : Unknown();
    }

    /// <inheritdoc/>
    public Task<int?> SlotsAsync(CancellationToken cancellation) => Task.FromResult(_shares?.Capacity(new()) ?? _slots);

    /// <inheritdoc/>
    public Task<int?> SlotsAsync(ExperimentDefinition definition, CancellationToken cancellation) => Task.FromResult(_shares?.Capacity(definition.Limits) ?? _slots);

    /// <inheritdoc/>
    public ImmutableArray<Fault> Refuses(ExperimentDefinition definition) => _shares?.Refuses(definition.Limits) ?? [];

    /// <inheritdoc/>
    public async Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation)
    {
        await AdoptAsync(segment, cancellation);
        if (_runs.TryGetValue(segment, out SegmentRun? run))
        {
            if (!run.WasBegun && run.TryTake())
            {
                _runner.EndUntouched(run, kind);
            }
            else
            {
                run.Interrupt(kind);
            }
        }
    }

    /// <inheritdoc/>
    public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        if (_runs.TryRemove(segment, out SegmentRun? run) && run.Outcome is null && !run.TryTake())
        {
            run.Abandon();
        }

        _memory?.Leave(segment);
        _logs.Forget(segment);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string experiment, CancellationToken cancellation)
    {
        foreach (SegmentId segment in _runs.Keys.Where(s => s.Experiment == experiment))
        {
            await ForgetAsync(segment, string.Empty, cancellation);
        }

        _memory?.LeaveAll(experiment);
        _logs.Remove(experiment);
    }

    /// <inheritdoc/>
    public Task<bool> CopyLogAsync(string experiment, int trial, Stream destination, CancellationToken cancellation) =>
        LogFiles.CopyAsync(TrialFolders.LogIn(_folders.Of(experiment, trial)), destination, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
        {
            return;
        }

        await _ending.CancelAsync();
        await Task.WhenAll(_runs.Values.Select(run => run.Preparation));
        await _pool.DisposeAsync();
        _logs.Dispose();
        _ending.Dispose();
    }

    /// <summary>A segment that the infrastructure lost may be started again; all others are started once.</summary>
    private static bool IsSuperseded(SegmentRun run, SegmentWork work) =>
        run.Outcome?.Status == SegmentStatus.Lost && work.Attempt > run.Work.Attempt;

    /// <summary>A segment within the limits of this site, where it has some.</summary>
    private SegmentWork Limited(SegmentWork work)
    {
        if (_machine is null or { MemoryMiB: null, TimeLimit: null })
        {
            return work;
        }

        TrialLimits limits = work.Definition.Limits;
        limits = limits with
        {
            MemoryMiB = limits.MemoryMiB < _machine.MemoryMiB ? limits.MemoryMiB : _machine.MemoryMiB ?? limits.MemoryMiB,
            Time = limits.Time < _machine.TimeLimit ? limits.Time : _machine.TimeLimit ?? limits.Time,
        };
        return work with { Definition = work.Definition with { Limits = limits } };
    }

    /// <summary>Takes over a segment that a host before this one began.</summary>
    /// <returns>Whether there is one, and nobody has collected its outcome.</returns>
    private async Task<bool> AdoptAsync(SegmentId segment, CancellationToken cancellation)
    {
        if (_runs.ContainsKey(segment) || _logs.Find(segment).Outcome is not null || _memory?.Recall(segment) is not { } work)
        {
            return false;
        }

        await StartAsync(work, cancellation);
        return true;
    }

    private async Task PrepareAsync(SegmentRun run)
    {
        try
        {
            if (_logs.Find(run.Segment).Outcome is { } outcome && run.TryTake())
            {
                _memory?.Leave(run.Segment);
                _runner.End(run, outcome);
                return;
            }

            string artifact = run.Work.Definition.Program.Scripts;
            run.Scripts = artifact.Length == 0 ? null : await _scripts.GetAsync(artifact);
            _pool.Enqueue(run);
        }
        catch (Exception error) when (error is InvalidInputException or NotFoundException)
        {
            EndUnprepared(run, SegmentStatus.Failed, error);
        }
        catch (Exception error)
        {
            ProcessExecutorLog.SegmentLost(_logger, run.Segment, error);
            EndUnprepared(run, SegmentStatus.Lost, error);
        }
    }

    private void EndUnprepared(SegmentRun run, SegmentStatus status, Exception error)
    {
        if (run.TryTake())
        {
            _runner.EndWithoutStart(run, status, $"cannot prepare the scripts: {error.Message}");
        }
    }

    private SegmentOutcome Unknown() => new()
    {
        Status = SegmentStatus.Lost,
        Error = "the executor does not know the segment: the host that ran it is gone",
        Site = Site,
        Attempts = 0,
    };
}
