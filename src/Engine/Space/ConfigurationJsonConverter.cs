using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Space;

/// <summary>A plain JSON object, in parameter order.</summary>
internal sealed class ConfigurationJsonConverter : JsonConverter<Configuration>
{
    private static readonly ParameterValueJsonConverter Values = new();

    public override Configuration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException($"a configuration must be an object, was {reader.TokenType}");
        }

        List<KeyValuePair<string, ParameterValue>> pairs = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!names.Add(name))
            {
                throw new JsonException($"parameter '{name}' is given twice");
            }

            reader.Read();
            pairs.Add(new(name, Values.Read(ref reader, typeof(ParameterValue), options)));
        }

        return new(pairs);
    }

    public override void Write(Utf8JsonWriter writer, Configuration value, JsonSerializerOptions options) => value.Write(writer);
}
