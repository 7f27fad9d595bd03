using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Durable;

/// <summary>What orchestrators ask for, done.</summary>
internal sealed partial class OrchestrationInstance
{
    // Guarded by _gate: a stopping runtime clears it too.
    private readonly Dictionary<int, DurableTimer> _timers = [];

    private void Perform(OrchestratorAction action)
    {
        switch (action)
        {
            case OrchestratorAction.CallActivity call:
                _runtime.Activities.Enqueue(this, _generation.Number, call);
                break;
            case OrchestratorAction.CallSubOrchestrator call:
                StartChild(call);
                break;
            case OrchestratorAction.StartTimer timer:
                StartTimer(timer);
                break;
            case OrchestratorAction.CancelTimer timer:
                StopTimer(timer.Id);
                break;
            case OrchestratorAction.SendEvent send:
                _runtime.Instances.Find(send.InstanceId)?.Post(new InstanceMessage.EventRaised(send.Name, send.Payload));
                break;
            case OrchestratorAction.ContinueAsNew next:
                Continue(next);
                break;
            case OrchestratorAction.Complete complete:
                Finish(OrchestrationRuntimeStatus.Completed, complete.Output, failure: null);
                break;
            case OrchestratorAction.Fail fail:
                Finish(OrchestrationRuntimeStatus.Failed, fail.Details.ErrorMessage, fail.Details);
                break;
            default:
                throw new InvalidOperationException($"No runtime behaviour for {action}.");
        }
    }

    private void StartChild(OrchestratorAction.CallSubOrchestrator call)
    {
        GenerationStart start = new(
            call.Name, call.InstanceId, Number: 0, new ParentOrchestrationInstance(_generation.Name, Id), call.Input);
        try
        {
            _runtime.Instances.Start(new OrchestrationInstance(_runtime, start, tags: null, new ParentTask(this, _generation.Number, call.Id)));
        }
        catch (Exception refused) when (refused is InvalidOperationException or ArgumentException)
        {
            Post(new InstanceMessage.TaskFailed(_generation.Number, call.Id, Failures.Describe(refused)));
        }
    }

    private void StartTimer(OrchestratorAction.StartTimer timer)
    {
        InstanceMessage.TimerFired fired = new(_generation.Number, timer.Id);
        if (timer.DueUtc <= _runtime.Options.TimeProvider.GetUtcNow().UtcDateTime)
        {
            Post(fired);
            return;
        }

        lock (_gate)
        {
            if (_inbox is not null && !_runtime.IsStopped)
            {
                _timers.Add(timer.Id, new DurableTimer(_runtime.Options.TimeProvider, timer.DueUtc, () => Post(fired)));
            }
        }
    }

    private void StopTimer(int id)
    {
        lock (_gate)
        {
            if (_timers.Remove(id, out DurableTimer? timer))
            {
                timer.Dispose();
            }
        }
    }

    /// <summary>Call with the gate held.</summary>
    private void StopTimers()
    {
        foreach (DurableTimer timer in _timers.Values)
        {
            timer.Dispose();
        }

        _timers.Clear();
    }

    /// <summary>Ends the generation and queues the start of the next, before anything that arrived in the meantime.</summary>
    private void Continue(OrchestratorAction.ContinueAsNew next)
    {
        IReadOnlyList<InstanceMessage.EventRaised> unprocessed = next.PreserveUnprocessedEvents ? _execution!.UnprocessedEvents : [];
        InstanceMessage[] carriedOver = [new InstanceMessage.Started(), .. unprocessed, .. _beforeInbox];
        _beforeInbox.Clear();
        foreach (InstanceMessage message in carriedOver)
        {
            _beforeInbox.Enqueue(message);
        }

        lock (_gate)
        {
            StopTimers();
            Volatile.Write(ref _generation, _generation with { Number = _generation.Number + 1, Input = next.Input });
            _input = next.Input;
        }
    }
}
