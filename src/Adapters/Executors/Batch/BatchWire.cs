using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>A job to create.</summary>
/// <param name="Id">At most 64 of <c>A-Z a-z 0-9 _ -</c>.</param>
/// <param name="PoolInfo">Where its tasks run.</param>
internal sealed record BatchJobSpec(string Id, BatchPoolChoice PoolInfo);

/// <summary>Names a pool.</summary>
internal sealed record BatchPoolChoice(string PoolId);

/// <summary>A job as it stands.</summary>
internal sealed record BatchJob(string Id, string State)
{
    /// <summary>Whether it takes tasks, at least later.</summary>
    [JsonIgnore]
    public bool IsOpen => State is "active" or "enabling" or "disabling" or "disabled";
}

/// <summary>A task to add.</summary>
/// <param name="Id">Like that of a job; two that differ in case only are one.</param>
/// <param name="CommandLine">Run without a shell.</param>
internal sealed record BatchTaskSpec(string Id, string CommandLine)
{
    public BatchContainer? ContainerSettings { get; init; }

    public ImmutableArray<BatchResourceFile>? ResourceFiles { get; init; }

    public ImmutableArray<BatchVariable>? EnvironmentSettings { get; init; }

    public BatchConstraints? Constraints { get; init; }

    public int? RequiredSlots { get; init; }
}

/// <summary>The container of a task.</summary>
internal sealed record BatchContainer(string ImageName, string? ContainerRunOptions, BatchRegistry? Registry);

/// <summary>Where the image of a container comes from.</summary>
internal sealed record BatchRegistry(string RegistryServer, BatchIdentity IdentityReference);

/// <summary>A user-assigned identity of the pool.</summary>
internal sealed record BatchIdentity(string ResourceId);

/// <summary>A file that a node fetches before the task starts.</summary>
internal sealed record BatchResourceFile(string HttpUrl, string FilePath, BatchIdentity? IdentityReference);

/// <summary>A variable of a task's environment.</summary>
internal sealed record BatchVariable(string Name, string Value);

/// <summary>What a task may take. Times are ISO 8601 durations.</summary>
internal sealed record BatchConstraints(string? MaxWallClockTime, string? RetentionTime, int MaxTaskRetryCount);

/// <summary>A task as it stands, as far as it was asked for.</summary>
internal sealed record BatchTask(string Id, string State)
{
    public DateTimeOffset StateTransitionTime { get; init; }

    public BatchExecution? ExecutionInfo { get; init; }

    [JsonIgnore]
    public bool IsCompleted => State == "completed";
}

/// <summary>What became of a task. Completed does not mean success.</summary>
internal sealed record BatchExecution
{
    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? EndTime { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>Runs that Batch repeated because the program failed.</summary>
    public int RetryCount { get; init; }

    /// <summary>Runs that Batch repeated because the node was taken away or failed.</summary>
    public int RequeueCount { get; init; }

    public string? Result { get; init; }

    public BatchFailure? FailureInfo { get; init; }
}

/// <summary>Why a task failed.</summary>
internal sealed record BatchFailure(string Category, string? Code, string? Message);

/// <summary>A pool as it stands.</summary>
internal sealed record BatchPool(string Id, string State)
{
    public int TaskSlotsPerNode { get; init; } = 1;

    public int TargetDedicatedNodes { get; init; }

    public int TargetLowPriorityNodes { get; init; }

    public bool EnableAutoScale { get; init; }

    public string? AllocationState { get; init; }
}

/// <summary>Nodes of a pool by state, and by kind: dedicated ones, and spot ones that can be taken away.</summary>
internal sealed record BatchNodeCounts(string PoolId, ImmutableDictionary<string, int> Dedicated, ImmutableDictionary<string, int> LowPriority);

/// <summary>A size to give to a pool.</summary>
internal sealed record BatchResize(int TargetDedicatedNodes, int TargetLowPriorityNodes);

/// <summary>One page of a listing.</summary>
internal sealed record BatchPage<T>(ImmutableArray<T> Value)
{
    [JsonPropertyName("odata.nextLink")]
    public string? NextLink { get; init; }
}

/// <summary>Tasks to add in one request.</summary>
internal sealed record BatchTaskCollection(IReadOnlyList<BatchTaskSpec> Value);

/// <summary>What became of one task of a collection.</summary>
internal sealed record BatchAddResult(string TaskId, string Status, BatchError? Error);

/// <summary>An error as the service words it.</summary>
internal sealed record BatchError(string? Code, BatchErrorText? Message);

/// <summary>The text of an error.</summary>
internal sealed record BatchErrorText(string? Value);

/// <summary>How the service writes JSON.</summary>
internal static class BatchJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}
