using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HpoServerless.Adapters.Grid.Panda;

namespace HpoServerless.Adapters.Grid.Monitor;

/// <summary>The asker's tasks as the PanDA server lists them, in the monitor's form.</summary>
/// <param name="client">Asks the server.</param>
/// <param name="time">The clock.</param>
public sealed class ServerTasks(PandaClient client, TimeProvider time)
{
    /// <summary>Lists tasks, the newest first.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task<ImmutableArray<JsonObject>> ListAsync(TaskQuery query, CancellationToken cancellation)
    {
        Dictionary<string, string> filters = [];
        Add("jediTaskID", query.Ids.Count == 0 ? null : query.Ids.Count == 1 ? Text(query.Ids[0]) : $"^({string.Join('|', query.Ids.Select(Text))})$");
        Add("userName", query.User);
        Add("taskName", query.Name is { } name ? name.Contains('*', StringComparison.Ordinal) ? $"^{Regex.Escape(name).Replace("\\*", ".*", StringComparison.Ordinal)}$" : name : null);
        Add("status", query.Statuses.Count == 0 ? null : query.Statuses.Count == 1 ? query.Statuses[0] : $"^({string.Join('|', query.Statuses)})$");
        DateTimeOffset? since = query.Days is { } days ? time.GetUtcNow().AddDays(-days) : null;
        ImmutableArray<JsonElement> rows = await client.ListAsync(since, filters, query.Asked, cancellation);
        ImmutableArray<JsonObject> tasks =
        [
            .. rows.Where(row => row.ValueKind == JsonValueKind.Object).Select(Row).Where(row => BigPandaClient.IdOf(row) is var id && (query.From is not { } from || id >= from) && (query.To is not { } to || id <= to)).OrderByDescending(BigPandaClient.IdOf).Take(query.Limit),
        ];
        foreach (JsonObject task in query.WithMetadata ? tasks : [])
        {
            ImmutableSortedDictionary<long, JsonElement> metadata = await client.MetadataAsync(BigPandaClient.IdOf(task), cancellation);
            task["jobs_metadata"] = new JsonArray([.. metadata.Select(job => (JsonNode)new JsonObject { [Text(job.Key)] = JsonNode.Parse(job.Value.GetRawText()) })]);
        }

        return tasks;

        void Add(string field, string? value)
        {
            if (value is not null)
            {
                filters[field] = value;
            }
        }
    }

    /// <summary>Small letters as the monitor has them, and the share of finished files where it has it.</summary>
    private static JsonObject Row(JsonElement row)
    {
        JsonObject task = [];
        foreach (JsonProperty member in row.EnumerateObject())
        {
            task[member.Name.ToLowerInvariant()] = PandaTask.TimeOf(row, member.Name) is { } at && member.Value.ValueKind == JsonValueKind.Object
                ? JsonValue.Create(at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture))
                : JsonNode.Parse(member.Value.GetRawText());
        }

        task["dsinfo"] = new JsonObject { ["pctfinished"] = task["pctfinished"]?.DeepClone(), ["pctfailed"] = task["pctfailed"]?.DeepClone() };
        return task;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
