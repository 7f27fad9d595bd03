using Microsoft.DurableTask;

namespace HpoServerless.LocalHost.Durable;

/// <summary>Runs activities on the thread pool, a bounded number at a time, in the order they were called.</summary>
internal sealed class ActivityPool(LocalDurableRuntime runtime, int limit)
{
    private readonly Lock _gate = new();
    private readonly Queue<Work> _waiting = new();
    private int _running;
    private bool _stopped;

    public void Enqueue(OrchestrationInstance instance, int generation, OrchestratorAction.CallActivity call)
    {
        Work work = new(this, runtime, instance, generation, call);
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            runtime.Work.Enter();
            if (_running == limit)
            {
                _waiting.Enqueue(work);
                return;
            }

            _running++;
        }

        ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
    }

    /// <summary>Forgets what waits; what runs goes on.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            while (_waiting.TryDequeue(out _))
            {
                runtime.Work.Exit();
            }
        }
    }

    private void OnDone()
    {
        Work? next;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next))
            {
                _running--;
            }
        }

        // Through the pool's queue, not in a loop: turns of orchestrators wait there too.
        if (next is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
        }

        runtime.Work.Exit();
    }

    private sealed class Work(ActivityPool pool, LocalDurableRuntime runtime, OrchestrationInstance instance, int generation, OrchestratorAction.CallActivity call)
        : IThreadPoolWorkItem
    {
        public void Execute() => _ = RunAsync();

        private async Task RunAsync()
        {
            if (instance.IsIn(generation))
            {
                instance.Post(await AnswerAsync());
            }

            pool.OnDone();
        }

        private async Task<string?> RunAsync(Func<ActivityCall, CancellationToken, Task<object?>> body)
        {
            DataConverter converter = runtime.Options.Converter;
            object? output = await body(new ActivityCall(call.Name, instance.Id, call.Input, converter), runtime.Stopping);
            return converter.Serialize(output);
        }

        private async Task<InstanceMessage> AnswerAsync()
        {
            try
            {
                return runtime.FindActivity(call.Name) is { } body
                    ? new InstanceMessage.TaskCompleted(generation, call.Id, await RunAsync(body))
                    : new InstanceMessage.TaskFailed(generation, call.Id, Failures.ActivityNotFound(call.Name));
            }
            catch (Exception failure)
            {
                return new InstanceMessage.TaskFailed(generation, call.Id, Failures.Describe(failure));
            }
        }
    }
}
