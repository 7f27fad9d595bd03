using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Experiments;

/// <summary>Writes metrics as an object and reads them back, values that are not finite included.</summary>
internal sealed class MetricsJsonConverter : JsonConverter<Metrics>
{
    public override Metrics Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("metrics must be an object of names and numbers");
        }

        List<KeyValuePair<string, double>> values = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            values.Add(new(name, ReadNumber(ref reader, name)));
        }

        return new(values);
    }

    public override void Write(Utf8JsonWriter writer, Metrics value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach ((string name, double number) in value)
        {
            writer.WritePropertyName(name);
            WriteNumber(writer, number);
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
