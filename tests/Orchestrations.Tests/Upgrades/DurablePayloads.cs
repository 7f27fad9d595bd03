using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.DurableTask.Converters;

namespace HpoServerless.Orchestrations.Tests.Upgrades;

/// <summary>All that travels through histories and the queue, every property with a value that is not its default at least once.</summary>
internal static class DurablePayloads
{
    private const string Trace = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";

    private static readonly JsonDataConverter Converter = new();

    public static SegmentId Segment { get; } = new("exp-1", 7, 2);

    public static IReadOnlyList<object> All { get; } =
    [
        new ExperimentCursor("exp-1", 5),
        new AdvanceRequest("exp-1", 5),
        new TurnReceipt(6, Finished: false, More: true, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc)),
        new TurnReceipt(6, Finished: true, More: false, WakeAt: null),
        new SegmentRun(Segment),
        new SegmentRun(Segment, 1, "handle"),
        new SegmentRun(Segment) { Site = "pool" },
        new SegmentRun(Segment, 1, "handle") { Site = "pool", Told = true, Trace = Trace },
        .. Enum.GetValues<SegmentProgress>().Cast<object>(),
        .. Enum.GetValues<TrialMessageKind>().Select(kind => new TrialMessage(kind, Segment)),
        new TrialMessage(TrialMessageKind.Start, Segment) { Site = "pool", Trace = Trace, SentAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) },
    ];

    /// <summary>Types whose JSON is on record, by name.</summary>
    public static IReadOnlyDictionary<string, Type> Types { get; } = All.Select(payload => payload.GetType()).Distinct().ToDictionary(type => type.Name, StringComparer.Ordinal);

    public static string Write(object payload) => payload is TrialMessage message ? JsonSerializer.Serialize(message, EngineJson.Options) : Converter.Serialize(payload)!;

    public static object? Read(string json, Type type) => type == typeof(TrialMessage) ? JsonSerializer.Deserialize(json, type, EngineJson.Options) : Converter.Deserialize(json, type);
}
