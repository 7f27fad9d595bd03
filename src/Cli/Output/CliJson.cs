using System.Text.Json;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Cli.Output;

/// <summary>The JSON that scripts read: the engine's form, with every member there, null or not.</summary>
internal static class CliJson
{
    public static JsonSerializerOptions Options { get; } = new(EngineJson.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    /// <summary>A value on one line.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Options);
}
