using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Offline.Tests.DurableTask;

/// <summary>An orchestration whose timers and events fire when the test says so.</summary>
internal sealed class ScriptedContext : TaskOrchestrationContext
{
    private readonly List<object> _waiting = [];

    public TaskCompletionSource Timer { get; } = new();

    public DateTime? FireAt { get; private set; }

    public bool TimerIsCancelled { get; private set; }

    public bool Replaying { get; set; }

    public ILoggerFactory Loggers { get; set; } = NullLoggerFactory.Instance;

    public List<(string Name, object? Input, TaskOptions? Options)> Calls { get; } = [];

    public (object? Input, bool PreserveEvents)? Restart { get; private set; }

    public override TaskName Name => "scripted";

    public override string InstanceId => "instance";

    public override ParentOrchestrationInstance? Parent => null;

    public override DateTime CurrentUtcDateTime => new(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public override bool IsReplaying => Replaying;

    protected override ILoggerFactory LoggerFactory => Loggers;

    public void Raise<T>(T payload) => _waiting.OfType<TaskCompletionSource<T>>().First().SetResult(payload);

    public override T? GetInput<T>()
        where T : default => default;

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        Calls.Add((name, input, options));
        return Task.FromResult<TResult>(default!);
    }

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        Calls.Add((orchestratorName, input, options));
        return Task.FromResult<TResult>(default!);
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        FireAt = fireAt;
        cancellationToken.Register(() => TimerIsCancelled = true);
        return Timer.Task;
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        TaskCompletionSource<T> source = new();
        cancellationToken.Register(() => source.TrySetCanceled(cancellationToken));
        _waiting.Add(source);
        return source.Task;
    }

    public override void SendEvent(string instanceId, string eventName, object payload) =>
        throw new NotSupportedException("No test sends events.");

    public override void SetCustomStatus(object? customStatus) => throw new NotSupportedException("No test sets a status.");

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        Restart = (newInput, preserveUnprocessedEvents);

    public override Guid NewGuid() => Guid.Empty;
}
