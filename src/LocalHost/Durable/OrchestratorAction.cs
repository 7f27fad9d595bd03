using Microsoft.DurableTask;

namespace HpoServerless.LocalHost.Durable;

/// <summary>Something an orchestrator asked the runtime for. Value equality is what makes two runs comparable.</summary>
internal abstract record OrchestratorAction
{
    public sealed record CallActivity(int Id, string Name, string? Input) : OrchestratorAction;

    public sealed record CallSubOrchestrator(int Id, string Name, string InstanceId, string? Input) : OrchestratorAction;

    public sealed record StartTimer(int Id, DateTime DueUtc) : OrchestratorAction;

    public sealed record CancelTimer(int Id) : OrchestratorAction;

    public sealed record SendEvent(string InstanceId, string Name, string? Payload) : OrchestratorAction;

    /// <summary>The generation ended and the next begins with <paramref name="Input"/>.</summary>
    public sealed record ContinueAsNew(string? Input, bool PreserveUnprocessedEvents) : OrchestratorAction;

    public sealed record Complete(string? Output) : OrchestratorAction;

    public sealed record Fail(TaskFailureDetails Details) : OrchestratorAction
    {
        /// <summary>Stack traces may differ between two runs that did the same.</summary>
        public bool Equals(Fail? other) =>
            other is not null && Details.ErrorType == other.Details.ErrorType && Details.ErrorMessage == other.Details.ErrorMessage;

        public override int GetHashCode() => HashCode.Combine(Details.ErrorType, Details.ErrorMessage);
    }
}
