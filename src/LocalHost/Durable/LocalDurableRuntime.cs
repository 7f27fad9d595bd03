using System.Collections.Concurrent;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost.Durable;

/// <summary>Runs durable orchestrations and activities in this process, in memory.</summary>
/// <remarks>
/// <para>Instances live as long as the process. What must survive it belongs in the store, from which the host resumes.</para>
/// <para>Orchestrators run one event at a time and stay in memory in between. Every payload goes through JSON, activities run once a call,
/// and an orchestrator that awaits anything but durable tasks is failed with an <see cref="InvalidOperationException"/>.</para>
/// <para>Names are compared without regard to case. Register before the first instance starts.</para>
/// </remarks>
public sealed partial class LocalDurableRuntime : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<TaskOrchestrationContext, Task<object?>>> _orchestrators = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Func<ActivityCall, CancellationToken, Task<object?>>> _activities = new(StringComparer.OrdinalIgnoreCase);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger;
    private volatile bool _stopped;

    /// <exception cref="ArgumentOutOfRangeException">A limit of <paramref name="options"/> is out of its range.</exception>
    public LocalDurableRuntime(LocalDurableOptions? options = null)
    {
        Options = options ?? new LocalDurableOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(Options.MaxConcurrentActivities, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(Options.MaxFinishedInstances, nameof(options));

        _logger = Options.LoggerFactory.CreateLogger<LocalDurableRuntime>();
        Instances = new InstanceStore(Options.MaxFinishedInstances);
        Activities = new ActivityPool(this, Options.MaxConcurrentActivities);
        Client = new LocalDurableTaskClient(this);
        Stopping = _stopping.Token;
    }

    /// <summary>Starts, watches and ends orchestrations of this runtime.</summary>
    public DurableTaskClient Client { get; }

    internal LocalDurableOptions Options { get; }

    internal InstanceStore Instances { get; }

    internal ActivityPool Activities { get; }

    /// <summary>Turns and activities that wait for the thread pool or run.</summary>
    internal WorkCounter Work { get; } = new();

    internal bool IsStopped => _stopped;

    /// <summary>Cancelled when running activities have to end.</summary>
    internal CancellationToken Stopping { get; }

    /// <summary>Registers an orchestrator.</summary>
    /// <param name="name">Name it is started by.</param>
    /// <param name="body">Runs in turns; awaits tasks of its context only. The result is serialised.</param>
    /// <exception cref="ArgumentException">There is an orchestrator of that name.</exception>
    public void AddOrchestrator(string name, Func<TaskOrchestrationContext, Task<object?>> body) => Add(_orchestrators, name, body);

    /// <summary>Registers an orchestrator whose body takes its input as a parameter.</summary>
    /// <inheritdoc cref="AddOrchestrator(string, Func{TaskOrchestrationContext, Task{object?}})"/>
    public void AddOrchestrator<TInput, TOutput>(string name, Func<TaskOrchestrationContext, TInput, Task<TOutput>> body) =>
        AddOrchestrator(name, async context => await body(context, context.GetInput<TInput>()!));

    /// <summary>Registers an orchestrator found by reflection, whose body takes its input as a parameter.</summary>
    /// <param name="name">Name it is started by.</param>
    /// <param name="inputType">Type of that parameter.</param>
    /// <param name="body">Runs in turns; awaits tasks of its context only. The result is serialised.</param>
    /// <exception cref="ArgumentException">There is an orchestrator of that name.</exception>
    public void AddOrchestrator(string name, Type inputType, Func<TaskOrchestrationContext, object?, Task<object?>> body) =>
        AddOrchestrator(name, context => body(context, ((LocalOrchestrationContext)context).GetInput(inputType)));

    /// <summary>Registers an activity.</summary>
    /// <param name="name">Name it is called by.</param>
    /// <param name="body">Runs on the thread pool; reads its input from the call. The result is serialised. The token is cancelled when the runtime cannot wait any longer.</param>
    /// <exception cref="ArgumentException">There is an activity of that name.</exception>
    public void AddActivity(string name, Func<ActivityCall, CancellationToken, Task<object?>> body) => Add(_activities, name, body);

    /// <summary>Registers an activity whose body takes its input as a parameter.</summary>
    /// <inheritdoc cref="AddActivity(string, Func{ActivityCall, CancellationToken, Task{object?}})"/>
    public void AddActivity<TInput, TOutput>(string name, Func<TInput, Task<TOutput>> body) =>
        AddActivity(name, async (call, _) => await body(call.GetInput<TInput>()!));

    /// <summary>Completes at a moment at which no turn and no activity runs or waits to run. Timers and events may still come.</summary>
    public Task WhenIdleAsync() => Work.WhenZero();

    /// <summary>Takes no more work, waits for what runs, drops the rest. Those who wait for an instance are cancelled. May be called again.</summary>
    /// <param name="grace">How long running activities may take, on the runtime's clock; then their tokens are cancelled.</param>
    /// <param name="cancellation">Ends the wait early, without an exception.</param>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellation = default)
    {
        _stopped = true;
        Activities.Stop();
        Task idle = Work.WhenZero();
        if (!idle.IsCompleted)
        {
            using CancellationTokenSource early = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAny(idle, Task.Delay(grace, Options.TimeProvider, early.Token));
            await early.CancelAsync();
        }

        foreach (OrchestrationInstance instance in Instances.All)
        {
            instance.Abandon();
        }

        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync(); // last: it throws what the activities' own callbacks throw
        }
    }

    /// <summary>Stops without waiting.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _stopping.Dispose();
    }

    internal Func<TaskOrchestrationContext, Task<object?>>? FindOrchestrator(string name) => _orchestrators.GetValueOrDefault(name);

    internal Func<ActivityCall, CancellationToken, Task<object?>>? FindActivity(string name) => _activities.GetValueOrDefault(name);

    internal void OnFinished(OrchestrationInstance instance, string orchestrator, OrchestrationRuntimeStatus status, TaskFailureDetails? failure)
    {
        if (failure is not null)
        {
            LogFailed(orchestrator, instance.Id, failure.ErrorType, failure.ErrorMessage);
        }
        else if (status == OrchestrationRuntimeStatus.Terminated)
        {
            LogTerminated(orchestrator, instance.Id);
        }

        Instances.OnFinished(instance);
    }

    private static void Add<T>(ConcurrentDictionary<string, T> tasks, string name, T body)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!tasks.TryAdd(name, body))
        {
            throw new ArgumentException($"The name '{name}' is registered twice.", nameof(name));
        }
    }
}
