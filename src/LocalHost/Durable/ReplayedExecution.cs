namespace HpoServerless.LocalHost.Durable;

/// <summary>Runs an orchestrator from its start at every event, and compares what it does with what it did.</summary>
/// <param name="orchestrator">Name, for the error.</param>
/// <param name="begin">Makes an execution that has seen no event yet.</param>
internal sealed class ReplayedExecution(string orchestrator, Func<OrchestrationExecution> begin) : IExecution
{
    private readonly List<(InstanceMessage Message, DateTime At, OrchestratorAction[] Actions)> _history = [];
    private OrchestrationExecution? _latest;

    public (bool IsSet, string? Json) CustomStatus => _latest?.CustomStatus ?? default;

    public IReadOnlyList<InstanceMessage.EventRaised> UnprocessedEvents => _latest?.UnprocessedEvents ?? [];

    /// <exception cref="InvalidOperationException">The orchestrator awaits something that is not durable.</exception>
    /// <exception cref="NonDeterministicOrchestrationException">The orchestrator acted differently over the same history.</exception>
    public IReadOnlyList<OrchestratorAction> Apply(InstanceMessage message, DateTime now)
    {
        _latest = begin();
        Replay(_latest);
        OrchestratorAction[] actions = [.. _latest.Apply(message, now, replaying: false)];
        _history.Add((message, now, actions));
        if (_latest is { HasEnded: true, BrokenRule: null })
        {
            Replay(begin()); // no later event will check the last actions
        }

        return actions;
    }

    private void Replay(OrchestrationExecution execution)
    {
        for (int i = 0; i < _history.Count; i++)
        {
            (InstanceMessage message, DateTime at, OrchestratorAction[] recorded) = _history[i];
            IReadOnlyList<OrchestratorAction> now = execution.Apply(message, at, replaying: true);
            for (int k = 0; k < Math.Max(recorded.Length, now.Count); k++)
            {
                OrchestratorAction? was = recorded.ElementAtOrDefault(k);
                OrchestratorAction? became = now.ElementAtOrDefault(k);
                if (was != became)
                {
                    throw execution.BrokenRule ?? (Exception)new NonDeterministicOrchestrationException(orchestrator, i, message, k, was, became);
                }
            }
        }
    }
}
