using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Durable;

/// <summary>What clients are told, and the end.</summary>
internal sealed partial class OrchestrationInstance
{
    private readonly IReadOnlyDictionary<string, string> _tags;
    private readonly DateTimeOffset _createdAt;

    // Guarded by _gate.
    private DateTimeOffset _updatedAt;
    private bool _hasStarted;
    private OrchestrationRuntimeStatus? _finalStatus;
    private string? _input;
    private string? _output;
    private string? _customStatus;
    private TaskFailureDetails? _failure;
    private TaskCompletionSource? _whenStarted;
    private TaskCompletionSource? _whenFinished;

    public bool IsFinished => Volatile.Read(ref _inbox) is null;

    public OrchestrationRuntimeStatus Status => _finalStatus
        ?? (_suspended ? OrchestrationRuntimeStatus.Suspended
            : _hasStarted ? OrchestrationRuntimeStatus.Running
            : OrchestrationRuntimeStatus.Pending);

    public Task WhenStartedAsync() => WhenAsync(ref _whenStarted, () => _hasStarted || _finalStatus is not null);

    public Task WhenFinishedAsync() => WhenAsync(ref _whenFinished, () => _finalStatus is not null);

    /// <param name="full">With inputs, outputs and failures, which can be large.</param>
    public OrchestrationMetadata Describe(bool full)
    {
        lock (_gate)
        {
            return new OrchestrationMetadata(_generation.Name, Id)
            {
                RuntimeStatus = Status,
                CreatedAt = _createdAt,
                LastUpdatedAt = _updatedAt,
                Tags = _tags,
                DataConverter = full ? _runtime.Options.Converter : null,
                SerializedInput = full ? _input : null,
                SerializedOutput = full ? _output : null,
                SerializedCustomStatus = full ? _customStatus : null,
                FailureDetails = full ? _failure : null,
            };
        }
    }

    /// <summary>Leaves an unfinished instance as it is, for good: the runtime has stopped. Whoever waits for it is cancelled.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            StopTimers();
            _whenStarted?.TrySetCanceled();
            _whenFinished?.TrySetCanceled();
        }
    }

    private Task WhenAsync(ref TaskCompletionSource? source, Func<bool> isSo)
    {
        lock (_gate)
        {
            if (isSo())
            {
                return Task.CompletedTask;
            }

            source ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_runtime.IsStopped)
            {
                source.TrySetCanceled();
            }

            return source.Task;
        }
    }

    private void Update((bool IsSet, string? Json) customStatus)
    {
        lock (_gate)
        {
            _updatedAt = new DateTimeOffset(_now);
            _hasStarted = true;
            _whenStarted?.TrySetResult();
            if (customStatus.IsSet)
            {
                _customStatus = customStatus.Json;
            }
        }
    }

    /// <summary>Ends the instance once and for all, and forgets everything but its status.</summary>
    private void Finish(OrchestrationRuntimeStatus status, string? output, TaskFailureDetails? failure)
    {
        ParentTask? parentTask = _parentTask;
        lock (_gate)
        {
            if (_inbox is null)
            {
                return;
            }

            _finalStatus = status;
            _output = output;
            _failure = failure;
            _updatedAt = _runtime.Options.TimeProvider.GetUtcNow();
            StopTimers();
            Volatile.Write(ref _inbox, null);
            _whenStarted?.TrySetResult();
            _whenFinished?.TrySetResult();
        }

        _beforeInbox.Clear();
        _execution = null;
        _parentTask = null;
        if (parentTask is { } task)
        {
            task.Instance.Post(status == OrchestrationRuntimeStatus.Completed
                ? new InstanceMessage.TaskCompleted(task.Generation, task.TaskId, output)
                : new InstanceMessage.TaskFailed(task.Generation, task.TaskId, failure ?? Failures.Terminated(Id)));
        }

        _runtime.OnFinished(this, _generation.Name, status, failure);
    }
}
