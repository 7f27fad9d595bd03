using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Experiments;

/// <summary>The one JSON form of the engine's records: camelCase, enums by name, nothing written for null and empty defaults.</summary>
public static class EngineJson
{
    /// <summary>Options to read and write every record of the engine with.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        JsonSerializerOptions options = new(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.Strict,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
