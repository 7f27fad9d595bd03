using System.Text.Json;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Walks through the properties of one line in the order in which they were written.</summary>
internal ref struct JournalLineReader
{
    /// <summary>The reader, at the value of the property that was asked for last.</summary>
    public Utf8JsonReader Json;

    public JournalLineReader(ReadOnlySpan<byte> line)
    {
        Json = new(line);
        Json.Read();
        Json.Read();
    }

    /// <summary>Whether the line's first property has this name.</summary>
    public readonly bool Begins(JsonEncodedText name) => Json.TokenType == JsonTokenType.PropertyName && Json.ValueTextEquals(name.EncodedUtf8Bytes);

    /// <summary>Goes to the value of a property that is this one or follows.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public void GoTo(JsonEncodedText name)
    {
        if (Json.TokenType != JsonTokenType.PropertyName)
        {
            Json.Skip();
            Json.Read();
        }

        while (!Begins(name))
        {
            if (Json.TokenType != JsonTokenType.PropertyName)
            {
                throw new JsonException($"property '{name}' is missing");
            }

            Json.Read();
            Json.Skip();
            Json.Read();
        }

        Json.Read();
    }
}
