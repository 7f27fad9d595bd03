using System.Globalization;
using System.Text.Json.Nodes;

namespace HpoServerless.Contracts.Panda;

/// <summary>A task of the double.</summary>
/// <param name="id">Its number.</param>
/// <param name="name">Its name.</param>
/// <param name="parameters">As they were submitted.</param>
/// <param name="owner">Who submitted it.</param>
public sealed class PandaDoubleTask(long id, string name, JsonObject parameters, string owner)
{
    public long Id { get; } = id;

    public string Name { get; } = name;

    public JsonObject Parameters { get; } = (JsonObject)parameters.DeepClone();

    public string Owner { get; } = owner;

    public string Status { get; internal set; } = "registered";

    public string? ErrorDialog { get; internal set; }

    public DateTimeOffset Modified { get; internal set; }

    /// <summary>Its jobs so far, in order.</summary>
    public List<PandaDoubleJob> Jobs { get; } = [];

    /// <summary>All statuses that it had.</summary>
    public IReadOnlyList<string> Statuses => StatusesInOrder;

    internal List<string> StatusesInOrder { get; } = ["registered"];

    internal bool IsRedone { get; set; }

    internal string[] Sites => [.. ((Parameters["includedSite"] as JsonArray)?.Select(site => (string)site!) ?? []).Concat((string?)Parameters["site"] is { } one ? [one] : [])];

    internal bool RetriesItself => (int?)Parameters["disableAutoRetry"] != 1;

    internal int MaxAttempt => (int?)Parameters["maxAttempt"] ?? 3;

    /// <summary>The command line that jobs get.</summary>
    internal string JobParameters
    {
        get
        {
            System.Text.StringBuilder line = new();
            foreach (JsonObject part in ((JsonArray)Parameters["jobParameters"]!).Cast<JsonObject>())
            {
                line.Append((string)part["value"]!);
                if ((bool?)part["padding"] != false)
                {
                    line.Append(' ');
                }
            }

            return line.ToString();
        }
    }

    /// <summary>Goes over into a status.</summary>
    internal void Change(string status, string? error, DateTimeOffset now)
    {
        (Status, Modified) = (status, now);
        ErrorDialog = error ?? (status is "ready" ? null : ErrorDialog);
        StatusesInOrder.Add(status);
    }

    /// <summary>As the server shows it.</summary>
    internal JsonObject ToJson()
    {
        int finished = Jobs.Any(job => job.Status == "finished") ? 1 : 0;
        return new()
        {
            ["jediTaskID"] = Id,
            ["reqID"] = Id - 1000,
            ["taskName"] = Name,
            ["status"] = Status,
            ["superStatus"] = Status is "finished" or "failed" or "done" or "broken" or "aborted" ? Status : "running",
            ["userName"] = Owner,
            ["modificationTime"] = new JsonObject { ["__datetime__"] = Modified.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) },
            ["errorDialog"] = ErrorDialog,
            ["prodSourceLabel"] = "user",
            ["nFiles"] = 1,
            ["nFilesFinished"] = finished,
            ["pctFinished"] = 100 * finished,
        };
    }
}

/// <summary>A job of the double.</summary>
/// <param name="id">Its number.</param>
public sealed class PandaDoubleJob(long id)
{
    public long Id { get; } = id;

    public string Status { get; internal set; } = "running";

    public int Attempt { get; internal set; } = 1;

    public string? Error { get; internal set; }

    public JsonNode? Metadata { get; set; }

    internal PandaDoubleRun? Run { get; set; }
}
