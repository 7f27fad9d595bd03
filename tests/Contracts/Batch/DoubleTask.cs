using System.Text.Json.Nodes;

namespace HpoServerless.Contracts.Batch;

/// <summary>A task of the double.</summary>
public sealed class DoubleTask
{
    public required string Id { get; init; }

    public required string CommandLine { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<(string Url, string Path, bool WithIdentity)> ResourceFiles { get; init; } = [];

    public string? Image { get; init; }

    public TimeSpan? WallClock { get; init; }

    public TimeSpan? Retention { get; init; }

    public int MaxRetries { get; init; }

    public int RequiredSlots { get; init; } = 1;

    public string State { get; internal set; } = "active";

    public DateTimeOffset Changed { get; internal set; }

    public DateTimeOffset? StartTime { get; internal set; }

    public DateTimeOffset? EndTime { get; internal set; }

    public int? ExitCode { get; internal set; }

    public int RetryCount { get; internal set; }

    public int RequeueCount { get; internal set; }

    public (string Category, string Code, string Message)? Failure { get; internal set; }

    /// <summary>What it wrote, by path; filled by tests where nothing really runs.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Whether its node is still there to be asked for files.</summary>
    public bool NodeGone { get; set; }

    internal DoubleRun? Run { get; set; }

    internal ITimer? Deadline { get; set; }

    /// <summary>As the service shows it.</summary>
    internal JsonObject ToJson()
    {
        JsonObject execution = new() { ["retryCount"] = RetryCount, ["requeueCount"] = RequeueCount };
        if (StartTime is { } start)
        {
            execution["startTime"] = start.UtcDateTime;
        }

        if (EndTime is { } end)
        {
            execution["endTime"] = end.UtcDateTime;
            execution["result"] = Failure is null ? "success" : "failure";
        }

        if (ExitCode is { } code)
        {
            execution["exitCode"] = code;
        }

        if (Failure is { } failure)
        {
            execution["failureInfo"] = new JsonObject { ["category"] = failure.Category, ["code"] = failure.Code, ["message"] = failure.Message };
        }

        return new()
        {
            ["id"] = Id,
            ["state"] = State,
            ["stateTransitionTime"] = Changed.UtcDateTime,
            ["creationTime"] = Changed.UtcDateTime,
            ["commandLine"] = CommandLine,
            ["executionInfo"] = execution,
        };
    }
}
