using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace HpoServerless.Engine.Projects;

/// <summary>Writes configuration documents the way their users read them.</summary>
internal static class DocumentWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document that <paramref name="write"/> writes.</summary>
    public static JsonElement ToElement(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, Options))
        {
            write(writer);
        }

        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    /// <summary>An object, or what stands for it: null, or <c>{}</c>.</summary>
    public static void WriteObject(this Utf8JsonWriter writer, string name, JsonElement? value, bool orEmpty)
    {
        writer.WritePropertyName(name);
        if (value is { } json)
        {
            json.WriteTo(writer);
        }
        else if (orEmpty)
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    public static void WriteTexts(this Utf8JsonWriter writer, string name, ImmutableArray<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    public static void WriteNumbers(this Utf8JsonWriter writer, string name, ImmutableSortedDictionary<string, double>? numbers)
    {
        if (numbers is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        foreach ((string key, double value) in numbers)
        {
            writer.WriteNumber(key, value);
        }

        writer.WriteEndObject();
    }

    /// <summary>A member that is left out where it was not given.</summary>
    public static void WriteGiven(this Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }
}
