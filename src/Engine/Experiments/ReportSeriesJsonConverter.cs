using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Experiments;

/// <summary>Writes a series as an array of its reports.</summary>
internal sealed class ReportSeriesJsonConverter : JsonConverter<ReportSeries>
{
    public override bool HandleNull => true;

    public override ReportSeries Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("reports must be an array");
        }

        List<Report> reports = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            reports.Add(JsonSerializer.Deserialize<Report>(ref reader, options) ?? throw new JsonException("a report must be an object"));
        }

        return ReportSeries.Create(CollectionsMarshal.AsSpan(reports));
    }

    public override void Write(Utf8JsonWriter writer, ReportSeries value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (Report report in value)
        {
            JsonSerializer.Serialize(writer, report, options);
        }

        writer.WriteEndArray();
    }
}
