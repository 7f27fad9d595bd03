using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Space;

/// <summary>A plain JSON object, in parameter order.</summary>
internal sealed class ConfigurationJsonConverter : JsonConverter<Configuration>
{
    /// <summary>Names of the configuration that was read last: the next one mostly has the same, and then shares them.</summary>
    private NameTable _names = new([]);

    public override Configuration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException($"a configuration must be an object, was {reader.TokenType}");
        }

        NameTable expected = _names;
        List<string> names = new(expected.Count);
        List<ParameterValue> values = new(expected.Count);
        bool isExpected = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int position = names.Count;
            isExpected = isExpected && position < expected.Count && reader.ValueTextEquals(expected[position]);
            names.Add(isExpected ? expected[position] : reader.GetString()!);
            if (!isExpected && names.IndexOf(names[position]) < position)
            {
                throw new JsonException($"parameter '{names[position]}' is given twice");
            }

            reader.Read();
            values.Add(ParameterValueJsonConverter.ReadValue(ref reader));
        }

        if (!isExpected || names.Count != expected.Count)
        {
            _names = expected = new([.. names]);
        }

        return new(expected, [.. values], values.Count);
    }

    public override void Write(Utf8JsonWriter writer, Configuration value, JsonSerializerOptions options) => value.Write(writer);
}
