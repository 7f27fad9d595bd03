using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Space;

/// <summary>Writes a value as the JSON value it is and reads it back as the same kind.</summary>
internal sealed class ParameterValueJsonConverter : JsonConverter<ParameterValue>
{
    public override bool HandleNull => true;

    public override ParameterValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return ParameterValue.TryParse(document.RootElement, out ParameterValue value)
            ? value
            : throw new JsonException($"a number must be a finite double or a 64-bit integer and text well-formed Unicode, was {document.RootElement.GetRawText()}");
    }

    public override void Write(Utf8JsonWriter writer, ParameterValue value, JsonSerializerOptions options) => value.Write(writer);
}
