using System.Text.Json;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>Reads what the program prints with <c>--json</c>.</summary>
internal static class Results
{
    /// <summary>The one object of a run.</summary>
    public static JsonElement Result(this HpoEnd end) => JsonDocument.Parse(end.Output).RootElement;

    /// <summary>The lines of <c>experiment trials</c>.</summary>
    public static async Task<JsonElement[]> TrialsAsync(string folder, HpoEnd run, params string[] where)
    {
        HpoEnd end = await HpoProcess.SucceedAsync(folder, ["experiment", "trials", run.Result().GetProperty("experiment").GetString()!, "--json", .. where]);
        return [.. end.Output.Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
    }

    public static string[] Configurations(JsonElement[] trials) => [.. trials.Select(t => t.GetProperty("config").GetRawText())];

    public static string Counts(this HpoEnd end) => end.Result().GetProperty("trials").GetRawText();

    /// <summary>The most trials that ran at the same moment.</summary>
    public static int MostAtOnce(JsonElement[] trials)
    {
        IEnumerable<(DateTimeOffset At, int Change)> changes = trials.SelectMany(t => new[]
        {
            (t.GetProperty("startedAt").GetDateTimeOffset(), 1),
            (t.GetProperty("endedAt").GetDateTimeOffset(), -1),
        });
        int running = 0;
        int most = 0;
        foreach ((_, int change) in changes.OrderBy(c => c.At).ThenBy(c => c.Change))
        {
            most = Math.Max(most, running += change);
        }

        return most;
    }
}
