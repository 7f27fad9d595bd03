using System.Text.Json;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>What a <see cref="SegmentLog"/> knows of one segment.</summary>
/// <param name="Starts">How often it was started.</param>
/// <param name="Outcome">How it ended; null while it did not.</param>
internal readonly record struct SegmentRecord(int Starts, SegmentOutcome? Outcome)
{
    /// <summary>Everything that the lines of a log say and do not take back. Lines that are torn say nothing.</summary>
    public static Dictionary<(int Trial, int Segment), SegmentRecord> ReadAll(ReadOnlySpan<byte> lines)
    {
        Dictionary<(int, int), SegmentRecord> records = [];
        for (int end = lines.IndexOf((byte)'\n'); end >= 0; lines = lines[(end + 1)..], end = lines.IndexOf((byte)'\n'))
        {
            try
            {
                Apply(JsonSerializer.Deserialize<Line>(lines[..end], EngineJson.Options), records);
            }
            catch (JsonException)
            {
                // Torn when a host was killed: as if it had not been written.
            }
        }

        return records;
    }

    private static void Apply(Line? line, Dictionary<(int, int), SegmentRecord> records)
    {
        if (line is null)
        {
            return;
        }

        (int, int) key = (line.Trial, line.Segment);
        if (line.Forgotten)
        {
            records.Remove(key);
            return;
        }

        SegmentRecord record = records.GetValueOrDefault(key);
        records[key] = new(record.Starts + (line.StartedAt is null ? 0 : 1), line.Outcome ?? record.Outcome);
    }

    /// <summary>One line of the file, as <see cref="SegmentLog"/> writes it.</summary>
    private sealed record Line
    {
        [JsonPropertyName(SegmentLog.TrialName)]
        public int Trial { get; init; }

        [JsonPropertyName(SegmentLog.SegmentName)]
        public int Segment { get; init; }

        [JsonPropertyName(SegmentLog.StartedAtName)]
        public DateTimeOffset? StartedAt { get; init; }

        [JsonPropertyName(SegmentLog.OutcomeName)]
        public SegmentOutcome? Outcome { get; init; }

        [JsonPropertyName(SegmentLog.ForgottenName)]
        public bool Forgotten { get; init; }
    }
}
