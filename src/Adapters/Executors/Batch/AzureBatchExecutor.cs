using System.Collections.Concurrent;
using Azure.Core;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>Runs segments as tasks of Azure Batch: one job an experiment, one task an attempt.</summary>
/// <remarks>
/// <para>Programs tell their reports and their outcome by HTTP, and that outcome counts. From the task comes one only where the program could not tell:
/// it was terminated, its node failed, it never ran. What Batch itself runs again on another node (a spot node was taken) is the same attempt going on.</para>
/// <para>A task is found again by its handle, by any process. Starts that come together go in one request, and one listing a round tells how all tasks of a job stand.</para>
/// </remarks>
public sealed class AzureBatchExecutor : ITrialExecutor, IAsyncDisposable
{
    private static readonly TimeSpan PoolKnown = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, JobWatch> _watches = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Experiment, string Task), Lazy<Task<string>>> _starting = new();
    private readonly ConcurrentDictionary<string, byte> _removed = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();
    private readonly BatchOptions _options;
    private readonly IBatchClient _client;
    private readonly ISegmentEvents? _events;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ExperimentJobs _jobs;
    private readonly StartGatherer _starts;
    private readonly TaskOutcomes _outcomes;
    private readonly Task _monitor;
    private (DateTimeOffset At, int? Slots) _pool = (DateTimeOffset.MinValue, null);

    /// <summary>An executor that has asked for nothing yet.</summary>
    /// <param name="options">The site.</param>
    /// <param name="credential">Who asks; needs the role Azure Batch Data Contributor, or Azure Batch Job Submitter.</param>
    /// <param name="access">How trials reach this installation.</param>
    /// <param name="events">Hears that segments ended; null: whoever waits polls.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    /// <exception cref="InvalidInputException">The options have faults; lists all of them.</exception>
    public AzureBatchExecutor(
        BatchOptions options,
        TokenCredential credential,
        ITrialAccess access,
        ISegmentEvents? events,
        TimeProvider? time = null,
        ILogger<AzureBatchExecutor>? logger = null)
        : this(Valid(options), new BatchRestClient(new(options, credential), options, time ?? TimeProvider.System), access, events, time ?? TimeProvider.System, logger)
    {
    }

    internal AzureBatchExecutor(
        BatchOptions options, IBatchClient client, ITrialAccess access, ISegmentEvents? events, TimeProvider time, ILogger<AzureBatchExecutor>? logger)
    {
        _options = options;
        _client = client;
        _time = time;
        _logger = logger ?? NullLogger<AzureBatchExecutor>.Instance;
        _events = events;
        _jobs = new(_client, options.Site, options.Pool);
        _starts = new(_client, _jobs, new(options, access), options.GatherFor, _time);
        _outcomes = new(options, _client);
        _monitor = events is null ? Task.CompletedTask : Task.Run(MonitorAsync);
    }

    /// <inheritdoc/>
    public string Site => _options.Site;

    /// <inheritdoc/>
    public async Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        (string Experiment, string Task) key = (work.Segment.Experiment, BatchNames.Task(work.Segment, work.Attempt));
        Lazy<Task<string>> start = _starting.GetOrAdd(key, _ => new(() => _starts.StartAsync(work, _ending.Token)));
        string job;
        try
        {
            job = await start.Value.WaitAsync(cancellation);
        }
        finally
        {
            if (start.Value.IsCompleted)
            {
                _starting.TryRemove(new(key, start));
            }
        }

        WatchOf(job).Added(key.Task, work.Segment);
        return new TaskHandle(job, key.Task, work.Attempt, work.Definition.Limits.Time, work.Definition.Limits.StopGrace).ToString();
    }

    /// <inheritdoc/>
    /// <exception cref="BatchException">The service does not answer.</exception>
    public async Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        if (!TaskHandle.TryParse(handle, out TaskHandle? task) || _removed.ContainsKey(task.Job))
        {
            return Unknown();
        }

        JobWatch watch = WatchOf(task.Job);
        if (watch.IsForgotten(task.Task))
        {
            return Unknown();
        }

        if (watch.StateOf(task.Task) is not { IsCompleted: true })
        {
            watch.With(task.Task, known => known.Segment = segment);
            await watch.RefreshAsync(cancellation);
        }

        if ((watch.StateOf(task.Task) ?? await watch.LookUpAsync(task.Task, cancellation)) is not { } state)
        {
            watch.Miss(task.Task);
            return Unknown();
        }

        return state.IsCompleted ? await OutcomeAsync(watch, task, segment, state, cancellation) : null;
    }

    /// <inheritdoc/>
    public async Task<int?> SlotsAsync(CancellationToken cancellation)
    {
        if (_options.MaxTrials is { } most)
        {
            return most;
        }

        DateTimeOffset now = _time.GetUtcNow();
        if (now >= _pool.At + PoolKnown)
        {
            BatchPool pool = await _client.FindPoolAsync(_options.Pool, cancellation) ?? throw new NotFoundException("pool", _options.Pool);
            int nodes = pool.TargetDedicatedNodes + pool.TargetLowPriorityNodes;
            _pool = (now, pool.EnableAutoScale ? null : nodes * (pool.TaskSlotsPerNode / _options.SlotsPerTrial));
        }

        return _pool.Slots;
    }

    /// <inheritdoc/>
    /// <remarks>A program hears of it with its next report. What does not end by itself within its grace is terminated, not deleted: pools that size themselves go on counting deleted tasks.</remarks>
    public async Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation)
    {
        if (!TaskHandle.TryParse(handle, out TaskHandle? task) || _removed.ContainsKey(task.Job))
        {
            return;
        }

        JobWatch watch = WatchOf(task.Job);
        TimeSpan grace = kind == InterruptKind.Pause ? _options.PauseGrace : task.StopGrace ?? _options.StopGrace;
        bool now = watch.With(task.Task, known =>
        {
            if (known.IsCompleted || known.Interrupt == InterruptKind.Stop || known.Interrupt == kind)
            {
                return false;
            }

            known.Segment ??= segment;
            known.Interrupt = kind;
            known.Grace?.Dispose();
            known.Grace = grace > TimeSpan.Zero ? _time.CreateTimer(_ => _ = TerminateLaterAsync(watch, task, grace), null, grace, Timeout.InfiniteTimeSpan) : null;
            return known.Grace is null;
        });
        if (now)
        {
            await TerminateAsync(watch, task, grace, cancellation);
        }
    }

    /// <inheritdoc/>
    public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        if (TaskHandle.TryParse(handle, out TaskHandle? task) && _watches.TryGetValue(task.Job, out JobWatch? watch))
        {
            watch.Forget(task.Task);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task FinishAsync(string experiment, CancellationToken cancellation) => _jobs.TerminateAsync(experiment, cancellation);

    /// <inheritdoc/>
    public async Task RemoveAsync(string experiment, CancellationToken cancellation)
    {
        await _jobs.DeleteAsync(experiment, cancellation);
        string prefix = BatchNames.JobPrefix(experiment, Site);
        foreach (string job in _watches.Keys.Where(job => job.StartsWith(prefix, StringComparison.Ordinal)))
        {
            _removed.TryAdd(job, 0);
            if (_watches.TryRemove(job, out JobWatch? watch))
            {
                watch.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
        {
            return;
        }

        await _ending.CancelAsync();
        await _starts.DisposeAsync();
        await _monitor;
        foreach (JobWatch watch in _watches.Values)
        {
            watch.Dispose();
        }

        _ending.Dispose();
    }

    private static BatchOptions Valid(BatchOptions options)
    {
        options.Validate();
        return options;
    }

    private JobWatch WatchOf(string job) => _watches.GetOrAdd(job, id => new(_client, id, _options.PollEvery, _time));

    private async Task<SegmentOutcome> OutcomeAsync(JobWatch watch, TaskHandle task, SegmentId segment, BatchTask state, CancellationToken cancellation)
    {
        (SegmentOutcome? outcome, InterruptKind? interrupt, TimeSpan? terminated) = watch.With(task.Task, known => (known.Outcome, known.Interrupt, known.Terminated));
        if (outcome is not null)
        {
            return outcome;
        }

        if (state.ExecutionInfo is { RequeueCount: > 0 and int times })
        {
            BatchExecutorLog.Requeued(_logger, segment, times);
        }

        outcome = await _outcomes.OfAsync(task, state, interrupt, terminated, cancellation);
        return watch.With(task.Task, known =>
        {
            known.Told = true;
            return known.Outcome ??= outcome;
        });
    }

    private async Task TerminateLaterAsync(JobWatch watch, TaskHandle task, TimeSpan grace)
    {
        try
        {
            await TerminateAsync(watch, task, grace, _ending.Token);
        }
        catch (Exception error) when (!_ending.IsCancellationRequested)
        {
            BatchExecutorLog.NotTerminated(_logger, task.Task, task.Job, error);
        }
        catch (OperationCanceledException)
        {
            // The next host is told again.
        }
    }

    private async Task TerminateAsync(JobWatch watch, TaskHandle task, TimeSpan grace, CancellationToken cancellation)
    {
        watch.With(task.Task, known => known.Terminated = grace);
        try
        {
            await _client.TerminateTaskAsync(task.Job, task.Task, cancellation);
        }
        catch
        {
            watch.With(task.Task, known => known.Interrupt = null); // whoever asks again has it tried again
            throw;
        }

        watch.Spoil();
    }

    /// <summary>Tells of ends, so that nobody need wait for the next poll.</summary>
    private async Task MonitorAsync()
    {
        using PeriodicTimer timer = new(_options.PollEvery, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token))
            {
                foreach (JobWatch watch in _watches.Values.Where(watch => watch.IsBusy))
                {
                    await TellAsync(watch);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The host ends.
        }
    }

    private async Task TellAsync(JobWatch watch)
    {
        try
        {
            await watch.RefreshAsync(_ending.Token);
            foreach (SegmentId segment in watch.TakeEnded())
            {
                await _events!.EndedAsync(segment, _ending.Token);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            BatchExecutorLog.NotWatched(_logger, Site, error);
        }
    }

    private SegmentOutcome Unknown() => new()
    {
        Status = SegmentStatus.Lost,
        Error = "Batch does not know its task: it was removed",
        Site = Site,
        Attempts = 0,
    };
}
