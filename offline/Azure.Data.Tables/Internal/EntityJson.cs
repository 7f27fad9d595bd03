using System.Globalization;
using System.Text.Json;

namespace Azure.Data.Tables;

/// <summary>Entities on the wire: JSON properties, with a type annotation beside those that JSON cannot tell apart.</summary>
internal static class EntityJson
{
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffffffZ";

    /// <summary>UTF-8 JSON of what the service may store: nulls, the ETag and the timestamp are left out.</summary>
    public static byte[] Write(IEnumerable<KeyValuePair<string, object>> properties)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            foreach ((string name, object value) in properties)
            {
                if (value is not null && name is not (Names.ETag or Names.Timestamp))
                {
                    Write(json, name, value);
                }
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>Properties of one entity, as the types that <see cref="TableEntity"/> hands out.</summary>
    public static Dictionary<string, object> Read(JsonElement element)
    {
        Dictionary<string, object> properties = new(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = property.Name;
            if (name == Names.Metadata || name.EndsWith(Names.TypeSuffix, StringComparison.Ordinal))
            {
                continue;
            }

            string type = element.TryGetProperty(name + Names.TypeSuffix, out JsonElement annotation) ? annotation.GetString() : null;
            properties[name] = name == Names.Timestamp ? ReadTime(property.Value) : Read(property.Value, type);
        }

        return properties;
    }

    private static void Write(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteString(name, text);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case int number:
                json.WriteNumber(name, number);
                break;
            case long number:
                WriteTyped(json, name, "Edm.Int64", number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteString(name + Names.TypeSuffix, "Edm.Double");
                json.WriteNumber(name, number);
                break;
            case double.NaN:
                WriteTyped(json, name, "Edm.Double", "NaN");
                break;
            case double number:
                throw new ArgumentException($"Property {name} is {number}, which cannot be written as JSON.", nameof(value));
            case Guid id:
                WriteTyped(json, name, "Edm.Guid", id.ToString());
                break;
            case DateTimeOffset time:
                WriteTyped(json, name, "Edm.DateTime", time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
                break;
            case DateTime { Kind: DateTimeKind.Utc } time:
                WriteTyped(json, name, "Edm.DateTime", time.ToString(TimeFormat, CultureInfo.InvariantCulture));
                break;
            case DateTime time:
                throw new NotSupportedException($"Property {name} is a DateTime of kind {time.Kind}; only UTC can be stored.");
            case byte[] bytes:
                WriteTyped(json, name, "Edm.Binary", Convert.ToBase64String(bytes));
                break;
            case BinaryData data:
                WriteTyped(json, name, "Edm.Binary", Convert.ToBase64String(data));
                break;
            default:
                throw new NotSupportedException($"Property {name} is of type {value.GetType()}, which a table cannot store.");
        }
    }

    private static void WriteTyped(Utf8JsonWriter json, string name, string type, string value)
    {
        json.WriteString(name + Names.TypeSuffix, type);
        json.WriteString(name, value);
    }

    private static object Read(JsonElement value, string type) => type switch
    {
        "Edm.Binary" => Convert.FromBase64String(value.GetString()),
        "Edm.DateTime" => ReadTime(value),
        "Edm.Guid" => Guid.Parse(value.GetString()),
        "Edm.Int64" => long.Parse(Text(value), CultureInfo.InvariantCulture),
        "Edm.Int32" => int.Parse(Text(value), CultureInfo.InvariantCulture),
        "Edm.Double" => double.Parse(Text(value), CultureInfo.InvariantCulture),
        _ => ReadUntyped(value),
    };

    private static object ReadUntyped(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        JsonValueKind.Number when value.TryGetInt32(out int number) => number,
        JsonValueKind.Number when value.TryGetInt64(out long number) => number,
        JsonValueKind.Number => value.GetDouble(),
        _ => throw new NotSupportedException($"A table does not hold JSON of kind {value.ValueKind}."),
    };

    private static object ReadTime(JsonElement value) =>
        DateTimeOffset.Parse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    /// <summary>A number arrives bare or quoted: special doubles and 64-bit integers are quoted.</summary>
    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
}
