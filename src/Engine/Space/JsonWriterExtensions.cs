using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>What search-space files need of a writer.</summary>
internal static class JsonWriterExtensions
{
    /// <summary>Writes a member only if it was given.</summary>
    public static void WriteOptional(this Utf8JsonWriter writer, string name, double? value)
    {
        if (value is double given)
        {
            writer.WriteNumber(name, given);
        }
    }
}
