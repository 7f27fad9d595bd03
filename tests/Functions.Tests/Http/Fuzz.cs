using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>Requests made from the OpenAPI document and then spoilt: as bodies, as parts of addresses, as keys and tokens.</summary>
/// <param name="random">Decides everything.</param>
internal sealed class Fuzz(Random random)
{
    private static readonly string[] Hostile =
    [
        "..%2f..%2fetc%2fpasswd", "%2e%2e", "%2e%2e%2f", "..%5c..%5cwindows", "C%3a%5cwindows", "con", "nul.txt", "%00", "a%00b", "%0d%0aX-Evil:%201", "%c3%28", "%ff", "%ed%a0%80",
        "%F0%9F%92%A9", "%E2%80%AE", "@entity@key", "a%23b", "a%3fb", "%2f", "a%2fb", "a%5cb", ".", "-", "'%20or%201%20eq%201", "%22", "%3Cscript%3E", "*", "~", "$metadata", "99999999999999999999", "-1", "0", "1e3", "1.0",
        "%30", "0x1", "%2B1", "%C2%A01", "NaN", "EXPERIMENT", "seed%20", "%20seed", "seed;x=1", "%7B%7D",
    ];

    private static readonly string[] Texts =
    [
        "", " ", "seed", "parabola", "../../x", "C:\\x", "nul", "\0", "\u202e\u2028", "\ud83d\udca9", "NaN", "Infinity", "1e400", "' or 1=1 --", "=1+1", "${jndi:ldap://x}", "<b>", "http://169.254.169.254/latest",
        "file:///etc/passwd", "a/b", "@x", "\r\nX: 1",
    ];

    private static readonly string[] Numbers = ["0", "-1", "1", "2", "1e400", "-1e-400", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1.5", "2147483648", "0.1e1", "100", "18446744073709551616", "1e15"];

    /// <summary>A body for an operation; null for none.</summary>
    public (byte[] Content, string? Type)? Body(Operation operation)
    {
        if (!operation.Json.TryGetProperty("requestBody", out JsonElement wanted))
        {
            return random.Next(10) == 0 ? ("{}"u8.ToArray(), "application/json") : null;
        }

        JsonProperty content = wanted.GetProperty("content").EnumerateObject().First();
        if (random.Next(20) == 0 && !operation.Path.EndsWith("/ask", StringComparison.Ordinal)) // which would wait
        {
            return null;
        }

        byte[] bytes = content.Name == "application/json"
            ? Spoilt(Valid(content.Value.GetProperty("schema"), 0)?.ToJsonString() ?? "null")
            : Binary(content.Name);
        string? type = random.Next(15) switch
        {
            0 => "text/plain",
            1 => "application/x-www-form-urlencoded",
            2 => "application/json; charset=utf-16",
            3 => "nonsense",
            4 => null,
            _ => content.Name,
        };
        return (bytes, type);
    }

    /// <summary>A value for a part of an address.</summary>
    public string Part(string name, string known) => random.Next(3) switch
    {
        0 => known,
        1 => name switch
        {
            "id" => Pick(["seed", "hers", "his", "new", "nothere"]),
            "name" => Pick(["parabola", "hers-project", "his-project", "fresh"]),
            "n" or "s" or "step" => Pick(["0", "1", "2", "3"]),
            _ => Pick(["w-1", "w-2", "worker"]),
        },
        _ => random.Next(12) == 0 ? new string(Pick(["a", "%61", "1", "."])[0], 3000 + random.Next(3000)) : Pick(Hostile),
    };

    /// <summary>What comes behind an address.</summary>
    public string Query() => random.Next(4) != 0 ? string.Empty
        : "?" + Pick(["limit", "continuation", "from", "to", "user", "experiment", "sha256", "x", "code", "%00"]) + "=" + Pick([.. Hostile, "1", "10", "2026-01-01", "0001-01-01", "9999-12-31T23:59:59Z", "1001", ""]);

    public string Pick(string[] among) => among[random.Next(among.Length)];

    public bool Chance(int of) => random.Next(of) == 0;

    private byte[] Binary(string type)
    {
        byte[] bytes = type == "application/zip" && random.Next(2) == 0 ? ApiHost.Zip((Pick(["train.py", "../x", "/etc/x", "a:b", "con"]), "print(1)")) : new byte[random.Next(2000)];
        if (random.Next(2) == 0)
        {
            for (int i = 0; i < Math.Min(bytes.Length, 20); i++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }
        }

        return bytes;
    }

    private JsonNode? Valid(JsonElement schema, int depth)
    {
        schema = Resolve(schema);
        if (random.Next(25) == 0)
        {
            return Any(0);
        }

        if (schema.TryGetProperty("enum", out JsonElement choices))
        {
            return JsonNode.Parse(choices[random.Next(choices.GetArrayLength())].GetRawText());
        }

        foreach (string several in (string[])["oneOf", "anyOf", "allOf"])
        {
            if (schema.TryGetProperty(several, out JsonElement among))
            {
                return Valid(among[random.Next(among.GetArrayLength())], depth + 1);
            }
        }

        string? type = !schema.TryGetProperty("type", out JsonElement said) ? null
            : said.ValueKind == JsonValueKind.Array ? said[random.Next(said.GetArrayLength())].GetString() : said.GetString();
        return type switch
        {
            "object" => Object(schema, depth),
            "array" => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => depth > 6 || !schema.TryGetProperty("items", out JsonElement items) ? Any(2) : Valid(items, depth + 1))]),
            "string" => JsonValue.Create(Pick(Texts)),
            "integer" or "number" => JsonValue.Create(random.Next(5)),
            "boolean" => JsonValue.Create(random.Next(2) == 0),
            "null" => null,
            _ => Any(1),
        };
    }

    private JsonObject Object(JsonElement schema, int depth)
    {
        JsonObject made = [];
        if (depth <= 6 && schema.TryGetProperty("properties", out JsonElement properties))
        {
            foreach (JsonProperty member in properties.EnumerateObject().Where(member => member.Name is "wait" or "waitS" || random.Next(4) != 0))
            {
                made[member.Name] = Known(member.Name) ?? Valid(member.Value, depth + 1);
            }
        }

        if (random.Next(15) == 0)
        {
            made[Pick(Texts)] = Any(1);
        }

        return made;
    }

    private JsonNode? Known(string name) => name is not ("wait" or "waitS") && random.Next(2) == 0 ? null : name switch
    {
        "project" => Pick(["parabola", "hers-project", "his-project"]),
        "search_space" => JsonNode.Parse(Pick(["""{"x": {"method": "uniform", "dimension": {"low": -1, "high": 1}}}""", """{"x": {"method": "uniform", "dimension": {"low": 1, "high": -1}}}""", "{}", """{"x": {"method": "categorical", "dimension": {"categories": [1, "a", null]}}}"""])),
        "hpo_config" => JsonNode.Parse(Pick(["""{"metric": "loss", "mode": "min", "num_trials": 2}""", """{"metric": "loss", "mode": "min", "num_trials": 2, "warm_start": ["hers"]}""", """{"metric": "a", "algorithm": "tpe", "previous_result": "his"}"""])),
        "model_config" => JsonNode.Parse("""{"script": "train.py", "model": "train"}"""),
        "lease" => Pick(["x.farm", "x", ".", "a.b.c"]),
        "metrics" => JsonNode.Parse(Pick(["""{"loss": 1}""", """{"loss": "nan"}""", """{"loss": null}""", "{}"])),
        "segment" or "trial" or "step" => JsonValue.Create(random.Next(3)),
        "waitS" => JsonValue.Create(0),
        "wait" => JsonValue.Create(false),
        _ => null,
    };

    private JsonNode? Any(int depth) => random.Next(depth > 2 ? 5 : 7) switch
    {
        0 => null,
        1 => JsonValue.Create(true),
        2 or 3 => JsonValue.Create(Pick(Texts)),
        4 => JsonNode.Parse(Pick(["0", "-1", "1.5", "9223372036854775807", "1e300"])),
        5 => new JsonArray(Any(depth + 1)),
        _ => new JsonObject { [Pick(Texts)] = Any(depth + 1) },
    };

    /// <summary>A text of JSON as it is, or spoilt.</summary>
    private byte[] Spoilt(string json)
    {
        string text = random.Next(16) switch
        {
            0 => json[..random.Next(json.Length + 1)],
            1 => json + json,
            2 => json.Replace("1", Pick(Numbers), StringComparison.Ordinal),
            3 => json.Replace("\"", "'", StringComparison.Ordinal),
            4 => new string('[', 2000) + new string(']', 2000),
            5 => string.Concat(Enumerable.Repeat("{\"a\":", 500)) + "1" + new string('}', 500),
            6 => json.Replace("{", "{\"a\":1,\"a\":2,", StringComparison.Ordinal),
            7 => json.Replace(":", ":NaN,\"b\":", StringComparison.Ordinal),
            8 => $"{{\"project\": \"{new string('x', 50_000)}\"}}",
            9 => json.Replace("\"seed\"", "\"\\ud800\"", StringComparison.Ordinal),
            10 => "\ufeff" + json,
            11 => string.Create(CultureInfo.InvariantCulture, $"[{json}]"),
            _ => json,
        };
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > 0 && random.Next(12) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)(0x80 + random.Next(0x80)); // no UTF-8 any more
        }

        return bytes;
    }

    private static JsonElement Resolve(JsonElement schema) => schema.TryGetProperty("$ref", out JsonElement reference)
        ? Resolve(reference.GetString()![2..].Split('/').Aggregate(Operation.Document, (at, part) => at.GetProperty(part)))
        : schema;
}
