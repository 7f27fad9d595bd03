using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>A task as PanDA lists it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Status">Its status, one of PanDA's words.</param>
/// <param name="Name">Its name.</param>
public sealed record PandaTask(long Id, string Status, string? Name)
{
    private static readonly FrozenSet<string> Finals = FrozenSet.ToFrozenSet(["finished", "failed", "done", "broken", "aborted", "exhausted"], StringComparer.Ordinal);

    /// <summary>What went wrong, as PanDA puts it.</summary>
    public string? ErrorDialog { get; init; }

    /// <summary>When it changed last.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>Whether nothing more happens to it by itself. An exhausted task waits for somebody with a production role.</summary>
    public bool IsFinal => Finals.Contains(Status);

    internal static PandaTask? Read(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object || !row.TryGetProperty("jediTaskID", out JsonElement id) || !id.TryGetInt64(out long number))
        {
            return null;
        }

        return new(number, Text(row, "status") ?? "unknown", Text(row, "taskName")) { ErrorDialog = Text(row, "errorDialog"), ModifiedAt = TimeOf(row, "modificationTime") };
    }

    /// <summary>A time: text, or an object with the member <c>__datetime__</c>. PanDA's times are UTC.</summary>
    internal static DateTimeOffset? TimeOf(JsonElement row, string name)
    {
        if (!row.TryGetProperty(name, out JsonElement value))
        {
            return null;
        }

        JsonElement text = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("__datetime__", out JsonElement marked) ? marked : value;
        return text.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(text.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;
    }

    private static string? Text(JsonElement row, string name) =>
        row.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
