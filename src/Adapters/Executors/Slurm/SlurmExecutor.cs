using System.Collections.Concurrent;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Executors.Slurm;

/// <summary>Runs segments as jobs of a Slurm cluster, one job an attempt.</summary>
/// <remarks>
/// <para>Programs tell their reports and their outcome by HTTP, and that outcome counts. From the job comes one only where the program could not tell:
/// it was cancelled, its node failed, its time was up. The cluster never runs a job again by itself: the engine does that, maybe at another site.</para>
/// <para>A job is found again by its handle, by any process. One listing a round tells how all of them stand.</para>
/// </remarks>
public sealed class SlurmExecutor : ITrialExecutor, IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, WatchedJob> _jobs = new();
    private readonly ConcurrentDictionary<long, bool> _forgotten = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<long>>> _starting = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _looking = new(1);
    private readonly SlurmOptions _options;
    private readonly SlurmCommands _commands;
    private readonly SlurmJobs _specs;
    private readonly ISegmentEvents? _events;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _monitor;
    private DateTimeOffset _lookedAt = DateTimeOffset.MinValue;

    /// <summary>An executor that has asked for nothing yet.</summary>
    /// <param name="options">The site.</param>
    /// <param name="access">How trials reach this installation.</param>
    /// <param name="events">Hears that segments ended; null: whoever waits polls.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    /// <exception cref="InvalidInputException">The options have faults; lists all of them.</exception>
    public SlurmExecutor(SlurmOptions options, ITrialAccess access, ISegmentEvents? events, TimeProvider? time = null, ILogger<SlurmExecutor>? logger = null)
    {
        options.Validate();
        _options = options;
        _commands = new(options);
        _specs = new(options, access);
        _events = events;
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<SlurmExecutor>.Instance;
        _monitor = Task.Run(MonitorAsync);
    }

    /// <inheritdoc/>
    public string Site => _options.Site;

    /// <inheritdoc/>
    public async Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        string name = _specs.NameOf(work.Segment, work.Attempt);
        Lazy<Task<long>> start = _starting.GetOrAdd(name, _ => new(() => SubmitAsync(work, name)));
        long job;
        try
        {
            job = await start.Value.WaitAsync(cancellation);
        }
        finally
        {
            if (start.Value.IsCompleted)
            {
                _starting.TryRemove(new(name, start));
            }
        }

        SlurmHandle handle = new(job, name, work.Attempt, work.Definition.Limits.Time, work.Definition.Limits.StopGrace);
        _jobs.TryAdd(job, new(work.Segment, handle));
        return handle.ToString();
    }

    /// <inheritdoc/>
    /// <exception cref="UnavailableException">The cluster does not answer.</exception>
    public async Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        if (Watch(segment, handle) is not { } watched)
        {
            return Unknown();
        }

        if (watched.Outcome is null)
        {
            await LookAsync(_options.PollEvery, cancellation);
        }

        return watched.Outcome;
    }

    /// <inheritdoc/>
    public Task<int?> SlotsAsync(CancellationToken cancellation) => Task.FromResult(_options.MaxTrials);

    /// <inheritdoc/>
    /// <remarks>A program hears of it with its next report. What does not end by itself within its grace is cancelled.</remarks>
    public async Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation)
    {
        if (Watch(segment, handle) is not { Outcome: null } watched)
        {
            return;
        }

        lock (watched)
        {
            if (watched.Interrupt == InterruptKind.Stop || watched.Interrupt == kind)
            {
                return;
            }

            watched.Interrupt = kind;
            watched.Grace = kind == InterruptKind.Pause ? _options.PauseGrace : watched.Handle.StopGrace ?? _options.StopGrace;
            watched.CancelAt = _time.GetUtcNow() + watched.Grace;
        }

        if (watched.Grace == TimeSpan.Zero)
        {
            await CancelAsync(watched, cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        if (SlurmHandle.TryParse(handle, out SlurmHandle? known) && _forgotten.TryAdd(known.Job, true)
            && _jobs.TryRemove(known.Job, out WatchedJob? watched) && watched.Outcome is null)
        {
            await _commands.CancelAsync([known.Job], cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string experiment, CancellationToken cancellation)
    {
        string prefix = _specs.PrefixOf(experiment);
        SlurmJob[] jobs = [.. (await _commands.ListAsync(cancellation)).Where(job => job.Name.StartsWith(prefix, StringComparison.Ordinal))];
        foreach (long job in jobs.Select(job => job.Id).Concat(_jobs.Where(pair => pair.Value.Segment.Experiment == experiment).Select(pair => pair.Key)))
        {
            _forgotten.TryAdd(job, true);
            _jobs.TryRemove(job, out _);
        }

        await _commands.CancelAsync([.. jobs.Where(job => !job.HasEnded).Select(job => job.Id)], cancellation);
        _specs.Remove(experiment);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
        {
            return;
        }

        await _ending.CancelAsync();
        await _monitor;
        _specs.Dispose();
        _looking.Dispose();
        _ending.Dispose();
    }

    /// <summary>Submits a job, unless a host before this one did and could not say so any more.</summary>
    private async Task<long> SubmitAsync(SegmentWork work, string name)
    {
        IReadOnlyDictionary<string, string> environment = _specs.EnvironmentOf(work);
        string script = await _specs.ScriptAsync(_ending.Token);
        SlurmJob? known = (await _commands.ListAsync(_ending.Token)).LastOrDefault(job => job.Name == name && !_forgotten.ContainsKey(job.Id));
        return known?.Id ?? await _commands.SubmitAsync(_specs.WordsOf(work), script, environment, _ending.Token);
    }

    private WatchedJob? Watch(SegmentId segment, string handle) =>
        SlurmHandle.TryParse(handle, out SlurmHandle? known) && !_forgotten.ContainsKey(known.Job)
            ? _jobs.GetOrAdd(known.Job, _ => new(segment, known))
            : null;

    /// <summary>Looks how all jobs stand, unless somebody has just done so.</summary>
    private async Task LookAsync(TimeSpan fresh, CancellationToken cancellation)
    {
        await _looking.WaitAsync(cancellation);
        try
        {
            WatchedJob[] open = [.. _jobs.Values.Where(job => job.Outcome is null)];
            if (open.Length == 0 || _time.GetUtcNow() - _lookedAt < fresh)
            {
                return;
            }

            Dictionary<long, SlurmJob> listed = (await _commands.ListAsync(cancellation)).ToDictionary(job => job.Id);
            _lookedAt = _time.GetUtcNow();
            foreach (WatchedJob watched in open)
            {
                if (!listed.TryGetValue(watched.Handle.Job, out SlurmJob? job) || job.HasEnded || job.Name != watched.Handle.Name)
                {
                    await EndAsync(watched, cancellation);
                }
            }
        }
        finally
        {
            _looking.Release();
        }
    }

    private async Task EndAsync(WatchedJob watched, CancellationToken cancellation)
    {
        SlurmHandle handle = watched.Handle;
        SlurmJob? job = await _commands.FindAsync(handle.Job, cancellation);
        if (job is { HasEnded: false } && job.Name == handle.Name)
        {
            return;
        }

        SegmentOutcome outcome = job is null || job.Name != handle.Name
            ? Unknown()
            : SlurmOutcomes.Of(Site, handle, job, watched.Interrupt, watched.Cancelled, _specs.OutputOf(handle.Name), _time.GetUtcNow());
        watched.Outcome = outcome;
        if (_events is not null)
        {
            await _events.EndedAsync(watched.Segment, cancellation);
        }
    }

    private async Task CancelAsync(WatchedJob watched, CancellationToken cancellation)
    {
        watched.Cancelled = watched.Grace;
        watched.CancelAt = null;
        try
        {
            await _commands.CancelAsync([watched.Handle.Job], cancellation);
        }
        catch (UnavailableException error)
        {
            SlurmLog.NotCancelled(_logger, watched.Handle.Job, error);
            watched.CancelAt = _time.GetUtcNow() + _options.PollEvery;
        }
    }

    /// <summary>Cancels what has had its grace, and tells of ends, so that nobody need wait for the next poll.</summary>
    private async Task MonitorAsync()
    {
        using PeriodicTimer timer = new(_options.PollEvery, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token))
            {
                try
                {
                    DateTimeOffset now = _time.GetUtcNow();
                    foreach (WatchedJob late in _jobs.Values.Where(job => job.Outcome is null && job.CancelAt <= now))
                    {
                        await CancelAsync(late, _ending.Token);
                    }

                    await LookAsync(_options.PollEvery / 2, _ending.Token);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    SlurmLog.NotWatched(_logger, Site, error);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The host ends.
        }
    }

    private SegmentOutcome Unknown() => new()
    {
        Status = SegmentStatus.Lost,
        Error = "the cluster does not know its job any more",
        Site = Site,
        Attempts = 0,
    };
}
