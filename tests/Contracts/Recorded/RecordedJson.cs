using System.Text.Json;

namespace HpoServerless.Contracts.Recorded;

/// <summary>Compares JSON that an earlier release wrote with what today's code makes of it.</summary>
public static class RecordedJson
{
    /// <summary>The first difference: its path and both sides; null where there is none.</summary>
    /// <remarks>
    /// What was recorded must all be there. A property may come or go only with the value that leaving it out means (null, false, 0, empty):
    /// that is how records grow without a break.
    /// </remarks>
    public static string? Difference(JsonElement was, JsonElement now) => Difference("$", was, now);

    /// <inheritdoc cref="Difference(JsonElement, JsonElement)"/>
    public static string? Difference(string was, string now)
    {
        using JsonDocument before = JsonDocument.Parse(was);
        using JsonDocument after = JsonDocument.Parse(now);
        return Difference(before.RootElement, after.RootElement);
    }

    private static string? Difference(string path, JsonElement was, JsonElement now)
    {
        if (was.ValueKind != now.ValueKind)
        {
            return Both(path, was, now);
        }

        return was.ValueKind switch
        {
            JsonValueKind.Object => InObjects(path, was, now),
            JsonValueKind.Array => InArrays(path, was, now),
            _ => JsonElement.DeepEquals(was, now) ? null : Both(path, was, now),
        };
    }

    private static string? InObjects(string path, JsonElement was, JsonElement now)
    {
        foreach (JsonProperty property in was.EnumerateObject())
        {
            string place = $"{path}.{property.Name}";
            string? difference = now.TryGetProperty(property.Name, out JsonElement value) ? Difference(place, property.Value, value)
                : IsLeftOut(property.Value) ? null
                : $"{place}: was {property.Value.GetRawText()}, is missing now";
            if (difference is not null)
            {
                return difference;
            }
        }

        return now.EnumerateObject()
            .Where(property => !was.TryGetProperty(property.Name, out _) && !IsLeftOut(property.Value))
            .Select(property => $"{path}.{property.Name}: was missing, is {property.Value.GetRawText()} now")
            .FirstOrDefault();
    }

    private static string? InArrays(string path, JsonElement was, JsonElement now)
    {
        if (was.GetArrayLength() != now.GetArrayLength())
        {
            return Both(path, was, now);
        }

        return was.EnumerateArray().Zip(now.EnumerateArray())
            .Select((pair, i) => Difference($"{path}[{i}]", pair.First, pair.Second))
            .FirstOrDefault(difference => difference is not null);
    }

    private static bool IsLeftOut(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Number => value.TryGetDouble(out double number) && number == 0,
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.EnumerateObject().All(property => IsLeftOut(property.Value)),
        _ => false,
    };

    private static string Both(string path, JsonElement was, JsonElement now) => $"{path}: was {was.GetRawText()}, is {now.GetRawText()} now";
}
