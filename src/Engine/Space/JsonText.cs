using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>A list or an object kept as JSON without blanks; and the one way numbers are written.</summary>
internal sealed class JsonText : IEquatable<JsonText>
{
    private readonly string _text;

    private JsonText(string text) => _text = text;

    /// <summary>Keeps a list or an object.</summary>
    /// <returns>False where a string in it is not well-formed Unicode.</returns>
    public static bool TryCreate(JsonElement json, [NotNullWhen(true)] out JsonText? text)
    {
        ArrayBufferWriter<byte> buffer = new();
        try
        {
            using Utf8JsonWriter writer = new(buffer);
            json.WriteTo(writer);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            text = null;
            return false;
        }

        text = new(Encoding.UTF8.GetString(buffer.WrittenSpan));
        return true;
    }

    /// <summary>The string a JSON string stands for.</summary>
    /// <returns>False where an escape stands for half of a surrogate pair.</returns>
    public static bool TryGetString(JsonElement json, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = json.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = null;
            return false;
        }
    }

    /// <summary>The shortest text that reads back as the same double, with a fraction or an exponent so that it reads back as a real number.</summary>
    public static string Format(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
    }

    /// <summary>Writes what <see cref="Format"/> says, without allocating.</summary>
    public static void WriteReal(Utf8JsonWriter writer, double value)
    {
        Span<byte> text = stackalloc byte[32];
        value.TryFormat(text[..30], out int length, "R", CultureInfo.InvariantCulture);
        if (!text[..length].ContainsAny((byte)'.', (byte)'E'))
        {
            ".0"u8.CopyTo(text[length..]);
            length += 2;
        }

        writer.WriteRawValue(text[..length], skipInputValidation: true);
    }

    /// <summary>Whether both mean the same, whatever the order of members and the spelling of numbers.</summary>
    public bool SameAs(JsonText other)
    {
        using JsonDocument mine = JsonDocument.Parse(_text);
        using JsonDocument theirs = JsonDocument.Parse(other._text);
        return JsonElement.DeepEquals(mine.RootElement, theirs.RootElement);
    }

    public bool Equals(JsonText? other) => other is not null && _text == other._text;

    public override bool Equals(object? obj) => Equals(obj as JsonText);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _text;
}
