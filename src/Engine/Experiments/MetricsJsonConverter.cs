using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Experiments;

/// <summary>Writes metrics as an object and reads them back, values that are not finite included.</summary>
internal sealed class MetricsJsonConverter : JsonConverter<Metrics>
{
    /// <summary>Names of the metrics that were read last: the next ones mostly have the same, and then share them.</summary>
    private MetricNames _names = new([]);

    public override Metrics Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("metrics must be an object of names and numbers");
        }

        MetricNames expected = _names;
        List<KeyValuePair<string, double>> values = new(expected.Count);
        bool isExpected = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isExpected = isExpected && values.Count < expected.Count && reader.ValueTextEquals(expected[values.Count]);
            string name = isExpected ? expected[values.Count] : reader.GetString()!;
            reader.Read();
            values.Add(new(name, ReadNumber(ref reader, name)));
        }

        if (isExpected && values.Count == expected.Count)
        {
            return new(expected, [.. values.Select(value => value.Value)]);
        }

        Metrics read = new(values);
        _names = read.Names;
        return read;
    }

    public override void Write(Utf8JsonWriter writer, Metrics value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        for (int i = 0; i < value.Count; i++)
        {
            writer.WritePropertyName(value.Names[i]);
            WriteNumber(writer, value.Values[i]);
        }

        writer.WriteEndObject();
    }

    internal static void WriteNumber(Utf8JsonWriter writer, double number)
    {
        if (double.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf");
        }
    }

    private static double ReadNumber(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.Number => reader.GetDouble(),
        JsonTokenType.True => 1,
        JsonTokenType.False => 0,
        JsonTokenType.String => reader.GetString()!.ToUpperInvariant() switch
        {
            "NAN" => double.NaN,
            "INF" or "INFINITY" or "+INF" => double.PositiveInfinity,
            "-INF" or "-INFINITY" => double.NegativeInfinity,
            _ => throw new JsonException($"metric '{name}' must be a number, \"nan\", \"inf\" or \"-inf\""),
        },
        _ => throw new JsonException($"metric '{name}' must be a number, \"nan\", \"inf\" or \"-inf\""),
    };
}
