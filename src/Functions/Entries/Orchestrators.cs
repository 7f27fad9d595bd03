using HpoServerless.Orchestrations;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace HpoServerless.Functions.Entries;

/// <summary>The orchestrators under their durable names.</summary>
public static class Orchestrators
{
    /// <inheritdoc cref="ExperimentOrchestrator"/>
    [Function(nameof(ExperimentOrchestrator))]
    public static Task<int> ExperimentAsync([OrchestrationTrigger] TaskOrchestrationContext context) =>
        ExperimentOrchestrator.RunAsync(context, context.GetInput<ExperimentCursor>()!);

    /// <inheritdoc cref="TrialOrchestrator"/>
    [Function(nameof(TrialOrchestrator))]
    public static Task TrialAsync([OrchestrationTrigger] TaskOrchestrationContext context) =>
        TrialOrchestrator.RunAsync(context, context.GetInput<SegmentRun>()!);
}
