using System.Text.Json;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>Checks answers against the schemas of an OpenAPI document: types, required and unknown members, enumerations.</summary>
internal sealed class SchemaCheck(JsonElement document)
{
    public void Answer(string method, string path, ApiAnswer answer)
    {
        JsonElement responses = document.GetProperty("paths").GetProperty(path).GetProperty(method).GetProperty("responses");
        Assert.True(responses.TryGetProperty(answer.Status.ToString(), out JsonElement response), $"{method} {path} answered {answer.Status}: {answer.Text}");
        response = Resolve(response);
        Assert.True(response.GetProperty("content").TryGetProperty(answer.ContentType!, out JsonElement content), $"{path} answered {answer.ContentType}");
        Check(content.GetProperty("schema"), answer.Json, path);
    }

    private JsonElement Resolve(JsonElement json) => json.TryGetProperty("$ref", out JsonElement reference)
        ? reference.GetString()![2..].Split('/').Aggregate(document, (at, part) => at.GetProperty(part))
        : json;

    private void Check(JsonElement unresolved, JsonElement value, string path)
    {
        JsonElement schema = Resolve(unresolved);
        if (schema.TryGetProperty("enum", out JsonElement choices))
        {
            Assert.Contains(value.GetString(), choices.EnumerateArray().Select(c => c.GetString()));
        }

        if (schema.TryGetProperty("type", out JsonElement type))
        {
            IEnumerable<string?> types = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()) : [type.GetString()];
            Assert.True(types.Any(t => IsOfType(t, value)), $"{path} must be {type}, was {value}");
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray())
            {
                Check(schema.GetProperty("items"), item, $"{path}[]");
            }
        }
        else if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out JsonElement properties))
        {
            CheckMembers(schema, properties, value, path);
        }
    }

    private void CheckMembers(JsonElement schema, JsonElement properties, JsonElement value, string path)
    {
        foreach (JsonElement name in schema.TryGetProperty("required", out JsonElement required) ? [.. required.EnumerateArray()] : Array.Empty<JsonElement>())
        {
            Assert.True(value.TryGetProperty(name.GetString()!, out _), $"{path}.{name} is missing");
        }

        bool isClosed = schema.TryGetProperty("additionalProperties", out JsonElement more) && more.ValueKind == JsonValueKind.False;
        foreach (JsonProperty member in value.EnumerateObject())
        {
            bool isKnown = properties.TryGetProperty(member.Name, out JsonElement property);
            Assert.True(isKnown || !isClosed, $"{path}.{member.Name} is not described");
            if (isKnown)
            {
                Check(property, member.Value, $"{path}.{member.Name}");
            }
        }
    }

    private static bool IsOfType(string? type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && !value.GetRawText().Contains('.', StringComparison.Ordinal),
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind == JsonValueKind.Null,
    };
}
