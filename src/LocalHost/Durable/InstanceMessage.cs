using Microsoft.DurableTask;

namespace HpoServerless.LocalHost.Durable;

/// <summary>Something that happened to an instance. Immutable: in replay mode it is the history.</summary>
internal abstract record InstanceMessage
{
    /// <summary>The current generation begins.</summary>
    public sealed record Started : InstanceMessage;

    public sealed record EventRaised(string Name, string? Payload) : InstanceMessage;

    /// <summary>Answers a task of one generation; later generations know nothing of it.</summary>
    public abstract record OfGeneration(int Generation) : InstanceMessage;

    public sealed record TaskCompleted(int Generation, int TaskId, string? Output) : OfGeneration(Generation);

    public sealed record TaskFailed(int Generation, int TaskId, TaskFailureDetails Details) : OfGeneration(Generation);

    public sealed record TimerFired(int Generation, int TaskId) : OfGeneration(Generation);

    /// <summary>The orchestrator's code ran, or was about to run, outside its turn.</summary>
    public sealed record RuleBroken(int Generation, InvalidOperationException Error) : OfGeneration(Generation);
}
