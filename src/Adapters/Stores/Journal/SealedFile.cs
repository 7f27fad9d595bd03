using System.Text.Json;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>A file of one sealed line. What it says can be lost: it is derived from the journal.</summary>
internal static class SealedFile
{
    /// <summary>The bytes of such a file.</summary>
    public static LineBuffer Encode<T>(T value)
    {
        LineBuffer buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Encoder = EngineJson.Options.Encoder, SkipValidation = true }))
        {
            JsonSerializer.Serialize(writer, value, EngineJson.Options);
        }

        LineSeal.Close(buffer, 0);
        return buffer;
    }

    /// <summary>What the file says; null where it is missing or damaged.</summary>
    public static T? Read<T>(string path)
        where T : class
    {
        try
        {
            byte[]? bytes = Disk.Read(path);
            return bytes is { Length: > LineSeal.Length } && LineSeal.IsWhole(bytes.AsSpan(0, bytes.Length - 1), 0, out _)
                ? JsonSerializer.Deserialize<T>(bytes, EngineJson.Options)
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
