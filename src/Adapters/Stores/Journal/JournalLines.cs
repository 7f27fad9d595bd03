using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>What single lines say.</summary>
internal static class JournalLines
{
    /// <summary>Reads one line whose place is known.</summary>
    public static byte[] Read(SafeFileHandle file, Extent place)
    {
        byte[] line = new byte[place.Length];
        for (int read = 0; read < line.Length;)
        {
            int more = RandomAccess.Read(file, line.AsSpan(read), place.Offset + read);
            read += more > 0 ? more : throw new JsonException("the line ends too early");
        }

        return line;
    }

    public static bool IsTurn(ReadOnlySpan<byte> line) => new JournalLineReader(line).Begins(JournalNames.Turn);

    public static ExperimentSummary SummaryOf(ReadOnlySpan<byte> line)
    {
        JournalLineReader reader = new(line);
        reader.GoTo(JournalNames.Summary);
        return JsonSerializer.Deserialize<ExperimentSummary>(ref reader.Json, EngineJson.Options)!;
    }

    public static Turn TurnOf(ReadOnlySpan<byte> line)
    {
        JournalLineReader reader = new(line);
        reader.GoTo(JournalNames.Body);
        return JsonSerializer.Deserialize<Turn>(ref reader.Json, EngineJson.Options)!;
    }

    /// <summary>The experiment as it was created: the first line.</summary>
    public static ExperimentRecord RecordOf(ReadOnlySpan<byte> line)
    {
        JournalLineReader reader = new(line);
        CheckFormat(ref reader);
        reader.GoTo(JournalNames.Id);
        string id = reader.Json.GetString()!;
        reader.GoTo(JournalNames.Definition);
        ExperimentDefinition definition = JsonSerializer.Deserialize<ExperimentDefinition>(ref reader.Json, EngineJson.Options)!;
        reader.GoTo(JournalNames.Summary);
        return new(id, definition, JsonSerializer.Deserialize<ExperimentSummary>(ref reader.Json, EngineJson.Options)!);
    }

    private static void CheckFormat(ref JournalLineReader reader)
    {
        reader.GoTo(JournalNames.Format);
        if (reader.Json.GetInt32() is int format and not JournalEncoder.Format)
        {
            throw new JsonException($"format {JournalEncoder.Format} is needed, was {format}: another version of this program wrote it");
        }
    }
}
