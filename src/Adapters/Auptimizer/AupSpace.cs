using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Auptimizer;

/// <summary>The search space of <c>parameter_config</c>.</summary>
internal static class AupSpace
{
    private const int MostValues = 1_000_000;
    private const double Slack = 1e-9;

    /// <summary>Reads the space.</summary>
    /// <param name="reader">The experiment.</param>
    /// <param name="walked">Whether all values of a grid are asked for. The first parameter then varies fastest, so it comes last.</param>
    /// <param name="size">Number of points of the grid.</param>
    /// <param name="remarks">Takes what means nothing.</param>
    public static JsonObject Read(DocumentReader reader, bool walked, out long size, List<string> remarks)
    {
        size = 1;
        JsonElement? list = reader.Find("parameter_config");
        if (list is not { ValueKind: JsonValueKind.Array } items || items.GetArrayLength() == 0)
        {
            reader.Fault("parameter_config", "must be a list of {\"name\", \"type\", \"range\"}, at least one");
            return [];
        }

        List<KeyValuePair<string, JsonNode?>> parameters = [];
        for (int i = 0; i < items.GetArrayLength(); i++)
        {
            DocumentReader item = reader.Item("parameter_config", i);
            string? name = item.Text("name");
            if (name is null)
            {
                item.Fault("name", "is missing");
            }
            else if (parameters.Exists(known => known.Key == name))
            {
                item.Fault("name", "must be different from all others");
            }

            JsonObject parameter = ReadOne(item, walked, out int values, remarks);
            item.Done();
            parameters.Add(new(name ?? $"parameter {i}", parameter));
            size = size > MostValues ? size : size * values;
        }

        if (walked && size > MostValues)
        {
            reader.Fault("parameter_config", $"must have at most {MostValues} combinations");
        }

        return new(walked ? Enumerable.Reverse(parameters).DistinctBy(p => p.Key) : parameters.DistinctBy(p => p.Key));
    }

    private static JsonObject ReadOne(DocumentReader item, bool walked, out int values, List<string> remarks)
    {
        string type = item.Choice("type", "int", "float", "choice") ?? "int";
        JsonElement[] range = item.Find("range") is { } given ? given.ValueKind == JsonValueKind.Array ? [.. given.EnumerateArray()] : [] : [Zero, One];
        double? interval = item.Number("interval", static step => step > 0, "must be above 0");
        long? number = item.Integer("n", 1, MostValues);
        if (item.Has("size") && item.Integer("size", 1, 1) is not null)
        {
            // spearmint's number of values a parameter: one is all that jobs get
        }

        values = 1;
        if (type == "choice")
        {
            if (range.Length == 0)
            {
                item.Fault("range", "must be a list of the values to choose from, at least one");
            }

            values = Math.Max(1, range.Length);
            return Categories(range.Select(value => JsonNode.Parse(value.GetRawText())));
        }

        if (range.Length != 2 || !range.All(end => end.ValueKind == JsonValueKind.Number) || range[0].GetDouble() > range[1].GetDouble())
        {
            item.Fault("range", "must be [lowest, highest]");
            return Categories([]);
        }

        if (type == "int" && !range.All(end => end.TryGetInt64(out _)))
        {
            item.Fault("range", "must be two whole numbers where the type is int, as it is where it is not given");
            return Categories([]);
        }

        if (!walked && (interval ?? number) is not null)
        {
            remarks.Add($"{item.Path}: interval and n are for the proposer sequence alone");
        }

        double low = range[0].GetDouble();
        double high = range[1].GetDouble();
        if (walked)
        {
            JsonNode[] steps = [.. Steps(low, high, interval, number, type == "int")];
            values = Math.Max(1, steps.Length);
            return Categories(steps);
        }

        if (low == high)
        {
            return new() { ["method"] = "fixed", ["dimension"] = new JsonObject { ["value"] = JsonNode.Parse(range[0].GetRawText()) } };
        }

        return new()
        {
            ["method"] = type == "int" ? "uniformint" : "uniform",
            ["dimension"] = new JsonObject { ["low"] = JsonNode.Parse(range[0].GetRawText()), ["high"] = JsonNode.Parse(range[1].GetRawText()) },
        };
    }

    /// <summary>The values that the proposer sequence walks: by the interval, else so many that they reach from end to end, else by 1.</summary>
    private static IEnumerable<JsonNode> Steps(double low, double high, double? interval, long? number, bool whole)
    {
        double step = interval ?? (number > 1 ? (high - low) / (number.Value - 1) : 1);
        step = whole ? Math.Max(1, Math.Floor(step + Slack)) : step;
        long most = interval is null && number is not null ? number.Value : MostValues + 1;
        for (long i = 0; i < most && low + (i * step) <= high + (Math.Abs(step) * Slack); i++)
        {
            yield return whole ? JsonValue.Create((long)(low + (i * step))) : JsonValue.Create(i + 1 == most ? Math.Min(high, low + (i * step)) : low + (i * step));
            if (step == 0)
            {
                yield break;
            }
        }
    }

    private static JsonObject Categories(IEnumerable<JsonNode?> values) =>
        new() { ["method"] = "categorical", ["dimension"] = new JsonObject { ["categories"] = new JsonArray([.. values]) } };

    private static readonly JsonElement Zero = JsonDocument.Parse("0").RootElement;
    private static readonly JsonElement One = JsonDocument.Parse("1").RootElement;
}
