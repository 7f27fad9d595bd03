using System.Collections.Concurrent;
using System.Collections.Immutable;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>Runs segments as tasks of a PanDA server, one segment a task, without any connection to this service.</summary>
/// <remarks>
/// <para>What a job is given can be read by others on the grid, so there is no token in it: the work goes with the job, and what came of it comes with the job's metadata when it has ended.
/// One task a segment, because tasks, not jobs, are what a user kills and tries again, and what ends.</para>
/// <para>Where the trial scheduler must decide, the job ends; it is asked here, and where it says go on, another task of the same segment goes on from the newest checkpoint that came with the metadata,
/// or from the beginning where there is none. A process that was started meanwhile does not know the work any more: such a segment is lost and started again as it then should be.</para>
/// </remarks>
public sealed class PandaExecutor : ITrialExecutor, IAsyncDisposable
{
    /// <summary>How often ends are looked for in what is known; it costs no request.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SegmentId, Lazy<Task<PandaRun>>> _runs = new();
    private readonly ConcurrentDictionary<string, byte> _forgotten = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();
    private readonly PandaOptions _options;
    private readonly PandaClient _client;
    private readonly PandaWatch _watch;
    private readonly PandaSubmitter _submitter;
    private readonly PandaCollector _collector;
    private readonly ISegmentEvents? _events;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _monitor;

    /// <summary>An executor that has asked for nothing yet.</summary>
    /// <param name="options">The site.</param>
    /// <param name="artifacts">Where scripts, checkpoints and logs are.</param>
    /// <param name="events">Hears from segments; null: whoever waits polls, and trials cannot be asked about.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    public PandaExecutor(PandaOptions options, IArtifactStore artifacts, ISegmentEvents? events, TimeProvider? time = null, ILogger<PandaExecutor>? logger = null)
    {
        _options = options;
        _events = events;
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<PandaExecutor>.Instance;
        _client = new(options.Connection, _time);
        _watch = new(_client, options.PollEvery, _time);
        _submitter = new(options, _client, _watch, artifacts, events, _time, _logger);
        _collector = new(options, _client, _watch, _submitter, artifacts, events, _time, _logger);
        _monitor = events is null ? Task.CompletedTask : Task.Run(MonitorAsync);
    }

    /// <inheritdoc/>
    public string Site => _options.Site;

    /// <inheritdoc/>
    public async Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        if (work.Until is not null && _events is null)
        {
            throw new ConflictException("site", Site, "cannot be used here with a trial scheduler that decides while trials run: use 'hpo serve' or 'hpo local_run', or a scheduler that runs trials to their ends");
        }

        Lazy<Task<PandaRun>> start = _runs.AddOrUpdate(
            work.Segment,
            _ => new(() => _submitter.StartAsync(work, _ending.Token)),
            (_, known) => known.Value is { IsCompletedSuccessfully: true } done && done.Result.Handle.Attempt < work.Attempt ? new(() => _submitter.StartAsync(work, _ending.Token)) : known);
        try
        {
            PandaRun run = await start.Value.WaitAsync(cancellation);
            string handle = run.Handle.ToString();
            _forgotten.TryRemove(handle, out _);
            if (run.Outcome is not null)
            {
                await TellAsync(run);
            }

            return handle;
        }
        catch
        {
            if (start.Value.IsFaulted || start.Value.IsCanceled)
            {
                _runs.TryRemove(new(work.Segment, start));
            }

            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="PandaException">The server does not answer.</exception>
    public async Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        if (Find(segment, handle) is not { } run)
        {
            return new() { Status = SegmentStatus.Lost, Site = Site, Attempts = 0, Error = "the site does not know it" };
        }

        if (run.Outcome is null)
        {
            await _collector.AdvanceAsync(run, cancellation);
        }

        return run.Outcome;
    }

    /// <inheritdoc/>
    public Task<int?> SlotsAsync(CancellationToken cancellation) => Task.FromResult(_options.MaxTrials);

    /// <inheritdoc/>
    /// <remarks>A job cannot be told to save itself: its task is killed, and the segment is over as soon as the server has taken that down.</remarks>
    public async Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation)
    {
        if (Find(segment, handle) is { Outcome: null } run)
        {
            run.Interrupt = run.Interrupt == InterruptKind.Stop ? InterruptKind.Stop : kind;
            if (run.Asking is { } asking)
            {
                await asking.CancelAsync();
            }

            await _collector.InterruptAsync(run, cancellation);
            if (run.Outcome is not null)
            {
                await TellAsync(run);
            }
        }
    }

    /// <inheritdoc/>
    public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        if (Find(segment, handle) is { } run)
        {
            Forget(run);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string experiment, CancellationToken cancellation)
    {
        foreach (PandaRun run in Known.Where(run => run.Segment.Experiment == experiment))
        {
            Forget(run);
        }

        await _submitter.KillAllAsync(experiment, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
        {
            return;
        }

        await _ending.CancelAsync();
        await _collector.DisposeAsync();
        await _monitor;
        _client.Dispose();
        _ending.Dispose();
    }

    private ImmutableArray<PandaRun> Known => [.. _runs.Values.Where(run => run.IsValueCreated && run.Value.IsCompletedSuccessfully).Select(run => run.Value.Result)];

    private void Forget(PandaRun run)
    {
        _forgotten.TryAdd(run.Handle.ToString(), 0);
        _watch.Remove(run.Task);
        if (_runs.TryGetValue(run.Segment, out Lazy<Task<PandaRun>>? known) && known.Value is { IsCompletedSuccessfully: true } done && done.Result == run)
        {
            _runs.TryRemove(new(run.Segment, known));
        }
    }

    /// <summary>The run behind a handle; one that another process began is taken over.</summary>
    private PandaRun? Find(SegmentId segment, string text)
    {
        if (_forgotten.ContainsKey(text) || !PandaHandle.TryParse(text, out PandaHandle? handle))
        {
            return null;
        }

        Lazy<Task<PandaRun>> known = _runs.GetOrAdd(segment, _ =>
        {
            _watch.Add(handle.Task, handle.Began);
            Task<PandaRun> taken = Task.FromResult(new PandaRun(segment, handle));
            return new(() => taken);
        });
        return known.Value is { IsCompletedSuccessfully: true } done && done.Result.Handle == handle ? done.Result : null;
    }

    /// <summary>Brings segments on and tells of ends, so that nobody need wait for the next poll.</summary>
    private async Task MonitorAsync()
    {
        using PeriodicTimer timer = new(_options.PollEvery < Tick ? _options.PollEvery : Tick, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token))
            {
                await RoundAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The host ends.
        }
    }

    private async Task RoundAsync()
    {
        ImmutableArray<PandaRun> waiting = [.. Known.Where(run => run.Outcome is null || !run.Told)];
        try
        {
            await _watch.RefreshAsync(_ending.Token);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            PandaExecutorLog.NotWatched(_logger, Site, error);
            return; // without a listing there is nothing new to any of them
        }

        foreach (PandaRun run in waiting)
        {
            try
            {
                await _collector.AdvanceAsync(run, _ending.Token);
                await TellAsync(run);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                PandaExecutorLog.NotTaken(_logger, run.Segment, error);
            }
        }
    }

    private async Task TellAsync(PandaRun run)
    {
        if (run is { Outcome: not null, Told: false } && _events is not null)
        {
            run.Told = true;
            await _events.EndedAsync(run.Segment, _ending.Token);
        }
    }
}
