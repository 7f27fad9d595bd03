using System.Collections.Immutable;
using HpoServerless.LocalHost.Durable;

namespace HpoServerless.Orchestrations.Tests.Upgrades;

/// <summary>Writes down what orchestrators are given and do.</summary>
internal sealed class HistoryRecorder
{
    private readonly Dictionary<(string Instance, int Number), (GenerationStart Start, List<RecordedStep> Steps)> _seen = [];

    /// <summary>All histories, by instance and number.</summary>
    public ImmutableArray<RecordedHistory> Histories
    {
        get
        {
            lock (_seen)
            {
                return
                [
                    .. _seen.OrderBy(entry => entry.Key.Instance, StringComparer.Ordinal).ThenBy(entry => entry.Key.Number).Select(entry => new RecordedHistory(
                        entry.Value.Start.Name, entry.Key.Instance, entry.Key.Number, RecordedHistory.Element(entry.Value.Start.Input), [.. entry.Value.Steps])),
                ];
            }
        }
    }

    public void Take(GenerationStart start, InstanceMessage given, DateTime at, IReadOnlyList<OrchestratorAction> did)
    {
        lock (_seen)
        {
            if (!_seen.TryGetValue((start.InstanceId, start.Number), out var history))
            {
                _seen.Add((start.InstanceId, start.Number), history = (start, []));
            }

            history.Steps.Add(StepOf(given, at) with { Did = [.. did.Select(ActionOf)] });
        }
    }

    public static RecordedAction ActionOf(OrchestratorAction action) => action switch
    {
        OrchestratorAction.CallActivity call => new("activity") { Task = call.Id, Name = call.Name, Value = RecordedHistory.Element(call.Input) },
        OrchestratorAction.CallSubOrchestrator call => new("orchestrator") { Task = call.Id, Name = call.Name, To = call.InstanceId, Value = RecordedHistory.Element(call.Input) },
        OrchestratorAction.StartTimer timer => new("timer") { Task = timer.Id, Due = timer.DueUtc },
        OrchestratorAction.CancelTimer timer => new("cancel") { Task = timer.Id },
        OrchestratorAction.SendEvent send => new("send") { Name = send.Name, To = send.InstanceId, Value = RecordedHistory.Element(send.Payload) },
        OrchestratorAction.ContinueAsNew next => new(next.PreserveUnprocessedEvents ? "continue" : "continue without events") { Value = RecordedHistory.Element(next.Input) },
        OrchestratorAction.Complete complete => new("complete") { Value = RecordedHistory.Element(complete.Output) },
        OrchestratorAction.Fail fail => new("fail") { Error = fail.Details.ErrorType, Name = fail.Details.ErrorMessage },
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "cannot be recorded"),
    };

    private static RecordedStep StepOf(InstanceMessage given, DateTime at) => given switch
    {
        InstanceMessage.Started => new(at, "started", []),
        InstanceMessage.EventRaised raised => new(at, "event", []) { Name = raised.Name, Value = RecordedHistory.Element(raised.Payload) },
        InstanceMessage.TaskCompleted done => new(at, "completed", []) { Task = done.TaskId, Value = RecordedHistory.Element(done.Output) },
        InstanceMessage.TaskFailed failed => new(at, "failed", []) { Task = failed.TaskId, Error = failed.Details.ErrorType, Name = failed.Details.ErrorMessage },
        InstanceMessage.TimerFired fired => new(at, "fired", []) { Task = fired.TaskId },
        _ => throw new ArgumentOutOfRangeException(nameof(given), given, "cannot be recorded"),
    };
}
