namespace HpoServerless.LocalHost.Durable;

/// <summary>The rules whose breach would leave an instance hanging in the cloud, as errors that say so.</summary>
internal static class OrchestrationRules
{
    private const string Rule =
        "An orchestrator may await only tasks of its TaskOrchestrationContext, and combinations of them: "
        + "no Task.Delay, Task.Run, input or output, and no ConfigureAwait(false). Waiting and work belong in timers and activities.";

    /// <summary>Code of the orchestrator ran, or was about to, outside its turn.</summary>
    public static InvalidOperationException ForeignCode(GenerationStart start) => new(
        $"Orchestrator '{start.Name}' (instance '{start.InstanceId}') was resumed by something that is not a durable task. {Rule}");

    /// <summary>The orchestrator waits, but no event can wake it.</summary>
    public static InvalidOperationException AwaitsNothingDurable(GenerationStart start) => new(
        $"Orchestrator '{start.Name}' (instance '{start.InstanceId}') awaits something that is not a durable task. {Rule}");
}
