using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Orchestrations.Tests.Upgrades;

/// <summary>One history of an orchestration as a release recorded it: from its start, or from a ContinueAsNew, to its end or the next.</summary>
/// <param name="Orchestrator">Name of the orchestrator.</param>
/// <param name="Instance">Id of the instance.</param>
/// <param name="Number">Which history of the instance, from 0.</param>
/// <param name="Input">What it began with.</param>
/// <param name="Steps">What happened, in order.</param>
internal sealed record RecordedHistory(string Orchestrator, string Instance, int Number, JsonElement? Input, ImmutableArray<RecordedStep> Steps)
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static JsonSerializerOptions Line { get; } = new(Json) { WriteIndented = false };

    public static JsonElement? Element(string? json) => json is null ? null : JsonSerializer.Deserialize<JsonElement>(json);
}

/// <summary>Something that an orchestrator was given, and what it did then.</summary>
/// <param name="At">When, in UTC.</param>
/// <param name="Given">started, event, completed, failed or fired.</param>
/// <param name="Did">What it did, in order.</param>
internal sealed record RecordedStep(DateTime At, string Given, ImmutableArray<RecordedAction> Did)
{
    /// <summary>The task that is answered.</summary>
    public int? Task { get; init; }

    /// <summary>Name of the event.</summary>
    public string? Name { get; init; }

    /// <summary>What the event or the answer says.</summary>
    public JsonElement? Value { get; init; }

    /// <summary>Of a failure: what kind of exception it was.</summary>
    public string? Error { get; init; }
}

/// <summary>Something that an orchestrator did.</summary>
/// <param name="Does">activity, orchestrator, timer, cancel, send, continue, complete or fail.</param>
internal sealed record RecordedAction(string Does)
{
    /// <summary>Number of the task.</summary>
    public int? Task { get; init; }

    /// <summary>Name of the activity, orchestrator or event.</summary>
    public string? Name { get; init; }

    /// <summary>Instance that is called or sent to.</summary>
    public string? To { get; init; }

    /// <summary>When a timer is due, in UTC.</summary>
    public DateTime? Due { get; init; }

    /// <summary>Input, payload or result.</summary>
    public JsonElement? Value { get; init; }

    /// <summary>Of a failure: what kind of exception it was.</summary>
    public string? Error { get; init; }

    /// <summary>One line, as it stands in the file.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, RecordedHistory.Line);
}
