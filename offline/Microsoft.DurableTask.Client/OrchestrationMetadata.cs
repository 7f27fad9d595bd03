using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Microsoft.DurableTask.Client;

/// <summary>A snapshot of one instance. Without a <see cref="DataConverter"/> it was fetched without inputs and outputs.</summary>
public sealed class OrchestrationMetadata
{
    public OrchestrationMetadata(string name, string instanceId)
    {
        Name = name;
        InstanceId = instanceId;
    }

    public string Name { get; }

    public string InstanceId { get; }

    public DataConverter? DataConverter { get; init; }

    public OrchestrationRuntimeStatus RuntimeStatus { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset LastUpdatedAt { get; init; }

    public string? SerializedInput { get; init; }

    public string? SerializedOutput { get; init; }

    public string? SerializedCustomStatus { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = ImmutableDictionary<string, string>.Empty;

    public TaskFailureDetails? FailureDetails { get; init; }

    public bool IsRunning => RuntimeStatus == OrchestrationRuntimeStatus.Running;

    public bool IsCompleted => RuntimeStatus
        is OrchestrationRuntimeStatus.Completed
        or OrchestrationRuntimeStatus.Failed
        or OrchestrationRuntimeStatus.Terminated;

    public T? ReadInputAs<T>() => Read<T>(SerializedInput);

    public T? ReadOutputAs<T>() => Read<T>(SerializedOutput);

    public T? ReadCustomStatusAs<T>() => Read<T>(SerializedCustomStatus);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name} {InstanceId}: {RuntimeStatus}, created {CreatedAt:s}, updated {LastUpdatedAt:s}");

    private T? Read<T>(string? serialized, [CallerMemberName] string method = "") => DataConverter is null
        ? throw new InvalidOperationException($"{method} needs metadata fetched with getInputsAndOutputs: true; {InstanceId} was fetched without.")
        : DataConverter.Deserialize<T>(serialized);
}
