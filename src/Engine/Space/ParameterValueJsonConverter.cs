using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Space;

/// <summary>Writes a value as the JSON value it is and reads it back as the same kind.</summary>
internal sealed class ParameterValueJsonConverter : JsonConverter<ParameterValue>
{
    public override bool HandleNull => true;

    public override ParameterValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadValue(ref reader);

    public override void Write(Utf8JsonWriter writer, ParameterValue value, JsonSerializerOptions options) => value.Write(writer);

    /// <summary>Reads the value the reader stands on. The common kinds are read off the tokens: experiments have many.</summary>
    /// <exception cref="JsonException">The value cannot be kept.</exception>
    public static ParameterValue ReadValue(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return ParameterValue.Of(reader.GetString()!);
        }

        if (reader.TokenType == JsonTokenType.Number && !reader.HasValueSequence)
        {
            bool isReal = reader.ValueSpan.ContainsAny((byte)'.', (byte)'e', (byte)'E');
            if (!isReal && reader.TryGetInt64(out long integer))
            {
                return ParameterValue.Of(integer);
            }

            if (isReal && reader.TryGetDouble(out double real) && double.IsFinite(real))
            {
                return ParameterValue.Of(real);
            }
        }

        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return ParameterValue.TryParse(document.RootElement, out ParameterValue value)
            ? value
            : throw new JsonException($"a number must be a finite double or a 64-bit integer and text well-formed Unicode, was {document.RootElement.GetRawText()}");
    }
}
