using Microsoft.DurableTask;

namespace HpoServerless.LocalHost.Durable;

/// <summary>What one generation of an instance begins with. ContinueAsNew begins the next.</summary>
/// <param name="Name">Orchestrator.</param>
/// <param name="InstanceId">Same in all generations.</param>
/// <param name="Number">0 for the first generation.</param>
/// <param name="Parent">Orchestration that called this one; null if a client started it.</param>
/// <param name="Input">As JSON.</param>
internal sealed record GenerationStart(string Name, string InstanceId, int Number, ParentOrchestrationInstance? Parent, string? Input);
