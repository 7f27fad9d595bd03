using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Space;

/// <summary>A search-space document inside another one.</summary>
internal sealed class SearchSpaceJsonConverter : JsonConverter<SearchSpace>
{
    public override SearchSpace Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return SearchSpace.Parse(document.RootElement);
    }

    public override void Write(Utf8JsonWriter writer, SearchSpace value, JsonSerializerOptions options) => value.Write(writer);
}
