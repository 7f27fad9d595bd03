using System.Security.Cryptography;
using System.Text;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost.Durable;

/// <summary>What an orchestrator sees of the runtime in one generation. Collects the actions it takes; an <see cref="OrchestrationExecution"/> feeds it events.</summary>
internal sealed partial class LocalOrchestrationContext(
    GenerationStart start, TurnThread turn, Action onForeignCode, LocalDurableOptions options) : TaskOrchestrationContext
{
    private readonly Dictionary<int, IPendingTask> _pending = [];
    private readonly EventBuffer _events = new();
    private DateTime _now;
    private bool _replaying;
    private int _nextTaskId;
    private int _guidsDrawn;

    public override TaskName Name => start.Name;

    public override string InstanceId => start.InstanceId;

    public override ParentOrchestrationInstance? Parent => start.Parent;

    public override DateTime CurrentUtcDateTime => _now;

    public override bool IsReplaying => _replaying;

    public override string Version => "";

    /// <summary>Actions taken since <see cref="BeginEvent"/>, in order.</summary>
    public List<OrchestratorAction> Actions { get; } = [];

    /// <summary>How the generation ends if the orchestrator returns now; null: with its result.</summary>
    public OrchestratorAction.ContinueAsNew? Continuation { get; private set; }

    /// <summary>Whether the orchestrator set a status in this generation, and which.</summary>
    public (bool IsSet, string? Json) CustomStatus { get; private set; }

    /// <summary>Whether an event could ever resume the orchestrator.</summary>
    public bool AwaitsSomethingDurable => _pending.Count > 0 || _events.HasWaiters;

    public IReadOnlyList<InstanceMessage.EventRaised> UnprocessedEvents => _events.Unprocessed;

    protected override ILoggerFactory LoggerFactory => options.LoggerFactory;

    public void BeginEvent(DateTime now, bool replaying)
    {
        _now = now;
        _replaying = replaying;
        Actions.Clear();
    }

    /// <summary>Buffers an event nobody waits for: it cannot wake the orchestrator.</summary>
    public bool KeepForLater(InstanceMessage.EventRaised raised) => _events.KeepForLater(raised);

    public void Handle(InstanceMessage message)
    {
        switch (message)
        {
            case InstanceMessage.TaskCompleted completed when _pending.Remove(completed.TaskId, out IPendingTask? task):
                task.Complete(completed.Output, options.Converter);
                break;
            case InstanceMessage.TaskFailed failed when _pending.Remove(failed.TaskId, out IPendingTask? task):
                task.Fail(new TaskFailedException(task.Name, failed.TaskId, failed.Details));
                break;
            case InstanceMessage.TimerFired fired when _pending.Remove(fired.TaskId, out IPendingTask? task):
                task.Complete(json: null, options.Converter);
                break;
            case InstanceMessage.EventRaised raised:
                _events.Deliver(raised, options.Converter);
                break;
        }
    }

    public override T GetInput<T>() => options.Converter.Deserialize<T>(start.Input)!;

    public object? GetInput(Type type) => options.Converter.Deserialize(start.Input, type);

    public override Task CallActivityAsync(TaskName name, object? input = null, TaskOptions? options = null) =>
        CallActivityAsync<NoResult>(name, input, options);

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        string? json = Serialize(input);
        return WithRetries(
            () => Begin<TResult>(name, id => new OrchestratorAction.CallActivity(id, name, json)),
            options?.Retry);
    }

    public override Task CallSubOrchestratorAsync(TaskName orchestratorName, object? input = null, TaskOptions? options = null) =>
        CallSubOrchestratorAsync<NoResult>(orchestratorName, input, options);

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        string? json = Serialize(input);
        string instanceId = (options as SubOrchestrationOptions)?.InstanceId ?? NewGuid().ToString("N");
        return WithRetries(
            () => Begin<TResult>(orchestratorName, id => new OrchestratorAction.CallSubOrchestrator(id, orchestratorName, instanceId, json)),
            options?.Retry);
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        EnsureWithinTurn();
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        DateTime due = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        int taskId = _nextTaskId;
        PendingTask<NoResult> timer = Begin<NoResult>(name: "", id => new OrchestratorAction.StartTimer(id, due));
        if (cancellationToken.CanBeCanceled)
        {
            timer.OnCancelled(
                () =>
                {
                    if (IsWithinTurn() && _pending.Remove(taskId))
                    {
                        Actions.Add(new OrchestratorAction.CancelTimer(taskId));
                        timer.TrySetCanceled(cancellationToken);
                    }
                },
                cancellationToken);
        }

        return timer.Task;
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        EnsureWithinTurn();
        PendingTask<T> waiter = new(eventName);
        if (_events.TryTake(eventName) is { } raised)
        {
            waiter.Complete(raised.Payload, options.Converter);
        }
        else if (cancellationToken.IsCancellationRequested)
        {
            waiter.TrySetCanceled(cancellationToken);
        }
        else
        {
            _events.AddWaiter(eventName, waiter);
            if (cancellationToken.CanBeCanceled)
            {
                waiter.OnCancelled(
                    () =>
                    {
                        if (IsWithinTurn())
                        {
                            _events.RemoveWaiter(waiter);
                            waiter.TrySetCanceled(cancellationToken);
                        }
                    },
                    cancellationToken);
            }
        }

        return waiter.Task;
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        EnsureWithinTurn();
        _nextTaskId++;
        Actions.Add(new OrchestratorAction.SendEvent(instanceId, eventName, Serialize(payload)));
    }

    public override void SetCustomStatus(object? customStatus)
    {
        EnsureWithinTurn();
        CustomStatus = (true, Serialize(customStatus));
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        EnsureWithinTurn();
        Continuation = new OrchestratorAction.ContinueAsNew(Serialize(newInput), preserveUnprocessedEvents);
    }

    /// <summary>Drawn from the instance, the generation, the time of the event and a counter: a replay draws the same. Marked as version 8 (RFC 9562).</summary>
    public override Guid NewGuid()
    {
        EnsureWithinTurn();
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{start.InstanceId}/{start.Number}/{_now:O}/{_guidsDrawn++}"), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    private PendingTask<T> Begin<T>(string name, Func<int, OrchestratorAction> action)
    {
        EnsureWithinTurn();
        int id = _nextTaskId++;
        PendingTask<T> task = new(name);
        _pending.Add(id, task);
        Actions.Add(action(id));
        return task;
    }

    private string? Serialize(object? value) => options.Converter.Serialize(value);

    private bool IsWithinTurn()
    {
        if (!turn.IsCurrent)
        {
            onForeignCode();
        }

        return turn.IsCurrent;
    }

    private void EnsureWithinTurn()
    {
        if (!IsWithinTurn())
        {
            throw OrchestrationRules.ForeignCode(start);
        }
    }
}
