using System.Collections.Immutable;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Durable;

/// <summary>One orchestration: its inbox, its present generation, and after its end what is told about it.</summary>
/// <remarks>Messages may be posted by any thread; they are handled one after the other on the thread pool.</remarks>
internal sealed partial class OrchestrationInstance : IThreadPoolWorkItem
{
    /// <summary>Messages handled before other instances get their turn.</summary>
    private const int MessagesInARow = 32;

    /// <summary>Key of the timer that starts the instance; tasks count from 0.</summary>
    private const int StartTimerId = -1;

    private readonly LocalDurableRuntime _runtime;
    private readonly Lock _gate = new();

    // Guarded by _gate. Null: finished.
    private Queue<InstanceMessage>? _inbox = new();
    private bool _scheduled;
    private bool _suspended;
    private bool _startsLater;
    private (bool IsRequested, string? Output) _termination;

    // Only touched in turns, of which there is one at a time.
    private readonly Queue<InstanceMessage> _beforeInbox = new();
    private IExecution? _execution;
    private GenerationStart _generation;
    private DateTime _now;
    private ParentTask? _parentTask;

    public OrchestrationInstance(
        LocalDurableRuntime runtime, GenerationStart start, IReadOnlyDictionary<string, string>? tags = null, ParentTask? parentTask = null)
    {
        _runtime = runtime;
        _generation = start;
        _parentTask = parentTask;
        _tags = tags ?? ImmutableDictionary<string, string>.Empty;
        _createdAt = _updatedAt = runtime.Options.TimeProvider.GetUtcNow();
        _input = start.Input;
    }

    public string Id => _generation.InstanceId;

    public string? ParentId => _generation.Parent?.InstanceId;

    /// <summary>Puts the instance to work, now or later.</summary>
    public void Start(DateTimeOffset? notBefore)
    {
        lock (_gate)
        {
            _beforeInbox.Enqueue(new InstanceMessage.Started());
            if (notBefore > _createdAt)
            {
                _startsLater = true;
                _timers.Add(StartTimerId, new DurableTimer(_runtime.Options.TimeProvider, notBefore.Value.UtcDateTime, OnStartDue));
            }
            else
            {
                Schedule();
            }
        }
    }

    /// <summary>Hands a message over. Lost if the instance has finished.</summary>
    public void Post(InstanceMessage message)
    {
        lock (_gate)
        {
            if (_inbox is not null)
            {
                _inbox.Enqueue(message);
                Schedule();
            }
        }
    }

    public void RequestTermination(string? output)
    {
        lock (_gate)
        {
            if (_inbox is not null && !_termination.IsRequested)
            {
                _termination = (true, output);
                Schedule();
            }
        }
    }

    /// <summary>While suspended, an instance keeps its messages unread.</summary>
    public void SetSuspended(bool suspended)
    {
        lock (_gate)
        {
            if (_inbox is not null)
            {
                _suspended = suspended;
                _updatedAt = _runtime.Options.TimeProvider.GetUtcNow();
                Schedule();
            }
        }
    }

    /// <summary>Whether an answer to a call of this generation would still be heard.</summary>
    public bool IsIn(int generation) => !IsFinished && Volatile.Read(ref _generation).Number == generation;

    /// <summary>One turn on the thread pool.</summary>
    public void Execute()
    {
        for (int i = 0; i < MessagesInARow; i++)
        {
            if (NextMessage() is not { } message)
            {
                _runtime.Work.Exit();
                return;
            }

            try
            {
                Handle(message);
            }
            catch (Exception failure)
            {
                Finish(OrchestrationRuntimeStatus.Failed, failure.Message, Failures.Describe(failure));
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void OnStartDue()
    {
        lock (_gate)
        {
            _startsLater = false;
            StopTimer(StartTimerId);
            Schedule();
        }
    }

    /// <summary>Asks for a turn unless one is coming. Call with the gate held.</summary>
    private void Schedule()
    {
        if (!_scheduled)
        {
            _scheduled = true;
            _runtime.Work.Enter();
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <returns>Null ends the turn: nothing to do, or nothing that may be done now.</returns>
    private InstanceMessage? NextMessage()
    {
        bool terminate;
        lock (_gate)
        {
            terminate = _inbox is not null && _termination.IsRequested;
            if (!terminate)
            {
                bool isHeld = _inbox is null || _suspended || _startsLater || _runtime.IsStopped;
                if (!isHeld && (_beforeInbox.TryDequeue(out InstanceMessage? message) || _inbox!.TryDequeue(out message)))
                {
                    return message;
                }

                _scheduled = false;
                return null;
            }
        }

        Finish(OrchestrationRuntimeStatus.Terminated, _termination.Output, failure: null);
        return NextMessage();
    }

    private void Handle(InstanceMessage message)
    {
        if (message is InstanceMessage.OfGeneration answer && answer.Generation != _generation.Number)
        {
            return;
        }

        if (message is InstanceMessage.Started)
        {
            if (Begin() is not { } execution)
            {
                TaskFailureDetails missing = Failures.OrchestratorNotFound(_generation.Name);
                Finish(OrchestrationRuntimeStatus.Failed, missing.ErrorMessage, missing);
                return;
            }

            _execution = execution;
        }

        DateTime now = _runtime.Options.TimeProvider.GetUtcNow().UtcDateTime;
        _now = now > _now ? now : _now; // an orchestrator's time never goes back
        if (message is InstanceMessage.TimerFired fired)
        {
            StopTimer(fired.TaskId);
        }

        IReadOnlyList<OrchestratorAction> actions = _execution!.Apply(message, _now);
        _runtime.Options.Observer?.Invoke(_generation, message, _now, actions);
        Update(_execution.CustomStatus);
        for (int i = 0; i < actions.Count; i++)
        {
            Perform(actions[i]);
        }
    }

    private IExecution? Begin()
    {
        if (_runtime.FindOrchestrator(_generation.Name) is not { } body)
        {
            return null;
        }

        GenerationStart start = _generation;
        OrchestrationExecution New() => new(
            start, body, _runtime.Options, error => Post(new InstanceMessage.RuleBroken(start.Number, error)));
        return _runtime.Options.ReplayEveryEvent ? new ReplayedExecution(start.Name, New) : New();
    }
}

/// <summary>The task of another orchestration that an instance answers.</summary>
internal sealed record ParentTask(OrchestrationInstance Instance, int Generation, int TaskId);
