namespace HpoServerless.LocalHost.Durable;

/// <summary>Raised in replay mode when an orchestrator, run again over the same history, acted differently.</summary>
internal sealed class NonDeterministicOrchestrationException(
    string orchestrator, int eventIndex, InstanceMessage message, int actionIndex, OrchestratorAction? recorded, OrchestratorAction? now)
    : Exception(
        $"Orchestrator '{orchestrator}' is not deterministic: as action {actionIndex} after event {eventIndex} ({message}) it recorded "
        + $"{Describe(recorded)}; run again it did {Describe(now)}. The same history must always lead to the same actions.")
{
    /// <summary>Number of the event, from 0, whose actions differ.</summary>
    public int EventIndex { get; } = eventIndex;

    /// <summary>Number of the action among those after the event, from 0.</summary>
    public int ActionIndex { get; } = actionIndex;

    private static string Describe(OrchestratorAction? action) => action?.ToString() ?? "nothing";
}
