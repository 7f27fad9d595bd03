namespace HpoServerless.LocalHost.Durable;

/// <summary>Where one orchestrator's code runs: on one thread at a time and only within a turn.</summary>
/// <remarks>Code that arrives from elsewhere shows that the orchestrator awaited something that is not durable. It is reported and dropped.</remarks>
internal sealed class TurnThread : SynchronizationContext
{
    private readonly Action _turn;
    private readonly Action _onForeignCode;
    private readonly Scheduler _scheduler;
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private volatile int _owner;

    /// <param name="start">What a turn begins with.</param>
    /// <param name="onForeignCode">Called, on any thread, when something outside the turn tried to run code here.</param>
    public TurnThread(Action start, Action onForeignCode)
    {
        _turn = () =>
        {
            start();
            while (_posted.TryDequeue(out (SendOrPostCallback Callback, object? State) next))
            {
                next.Callback(next.State);
            }
        };
        _onForeignCode = onForeignCode;
        _scheduler = new Scheduler(this);
    }

    /// <summary>Whether the caller runs within the turn.</summary>
    public bool IsCurrent => _owner == Environment.CurrentManagedThreadId;

    /// <summary>Runs a turn: its start, then everything that was posted, until the orchestrator waits or ends.</summary>
    public void Run()
    {
        SynchronizationContext? previous = Current;
        SetSynchronizationContext(this);
        _owner = Environment.CurrentManagedThreadId;
        try
        {
            // A task of our scheduler, so that ContinueWith and StartNew stay within the turn as well.
            Task turn = new(_turn);
            turn.RunSynchronously(_scheduler);
            turn.GetAwaiter().GetResult();
        }
        finally
        {
            _owner = 0;
            SetSynchronizationContext(previous);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsCurrent)
        {
            _posted.Enqueue((d, state));
        }
        else
        {
            _onForeignCode();
        }
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!IsCurrent)
        {
            _onForeignCode();
            throw new InvalidOperationException("An orchestrator's code cannot be entered from outside its turn.");
        }

        d(state);
    }

    private sealed class Scheduler(TurnThread thread) : TaskScheduler
    {
        public override int MaximumConcurrencyLevel => 1;

        protected override void QueueTask(Task task) => thread.Post(_ => TryExecuteTask(task), state: null);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => thread.IsCurrent && TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
