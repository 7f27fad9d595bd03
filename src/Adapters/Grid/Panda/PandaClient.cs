using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>The PanDA server over its API v1. For several threads.</summary>
public sealed partial class PandaClient : IDisposable
{
    private const int Incremental = 3;
    private const int DuplicateQueued = 1;
    private const int DuplicateActive = 2;

    private readonly PandaPipeline _pipeline;
    private readonly PandaConnection _connection;

    /// <summary>A client that has asked for nothing yet.</summary>
    /// <param name="connection">Where to, and who asks.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="tell">Tells a person how to sign in; null where there is none, then signing in anew is an error.</param>
    public PandaClient(PandaConnection connection, TimeProvider? time = null, Action<string>? tell = null)
    {
        _connection = connection;
        _pipeline = new(connection, time ?? TimeProvider.System, tell);
    }

    /// <summary>Submits a task.</summary>
    /// <returns>Its number; that of the task of the same name where the parameters ask for a unique name and there is one.</returns>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task<PandaSubmission> SubmitAsync(JsonObject parameters, CancellationToken cancellation)
    {
        PandaAnswer answer = await _pipeline.PostAsync("task/submit", new() { ["task_parameters"] = parameters.DeepClone() }, cancellation);
        long? named = TaskId().Match(answer.Message) is { Success: true } match ? long.Parse(match.Groups["id"].Value, CultureInfo.InvariantCulture) : null;
        if (answer.Success || answer.Code == Incremental)
        {
            long? data = answer.Data.ValueKind == JsonValueKind.Number && answer.Success ? answer.Data.GetInt64() : null;
            return new(data ?? named ?? throw new PandaException(200, answer.Code, "task/submit", $"the task has no number: {answer.Message}"), IsNew: true);
        }

        return answer.Code is DuplicateQueued or DuplicateActive && named is { } known ? new(known, IsNew: false) : throw answer.Refusal();
    }

    /// <summary>Asks for a task's end. That takes the server minutes.</summary>
    /// <returns>False where it is in no state to be killed: it has ended, or ends.</returns>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public Task<bool> KillAsync(long task, CancellationToken cancellation) => CommandAsync("kill", new() { ["task_id"] = task }, cancellation);

    /// <summary>Asks for a task's end with what it has.</summary>
    /// <param name="task">Its number.</param>
    /// <param name="soft">Whether jobs that run go on to their ends.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>False where it is in no state for it.</returns>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public Task<bool> FinishAsync(long task, bool soft, CancellationToken cancellation) =>
        CommandAsync("finish", new() { ["task_id"] = task, ["soft"] = soft }, cancellation);

    /// <summary>Has a task's failed jobs run again.</summary>
    /// <returns>False where it is in no state for it: only finished, failed and exhausted tasks can be tried again.</returns>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public Task<bool> RetryAsync(long task, CancellationToken cancellation) => CommandAsync("retry", new() { ["task_id"] = task }, cancellation);

    /// <summary>Holds a task. Needs a production role.</summary>
    /// <returns>False where it is in no state for it.</returns>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public Task<bool> PauseAsync(long task, CancellationToken cancellation) => CommandAsync("pause", new() { ["task_id"] = task }, cancellation);

    /// <summary>Lets a held task go on. Needs a production role.</summary>
    /// <returns>False where it is in no state for it.</returns>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public Task<bool> ResumeAsync(long task, CancellationToken cancellation) => CommandAsync("resume", new() { ["task_id"] = task }, cancellation);

    /// <summary>A task's status; null where there is no such task.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task<string?> FindStatusAsync(long task, CancellationToken cancellation)
    {
        PandaAnswer answer = await _pipeline.GetAsync("task/get_status", [("task_id", Number(task))], cancellation);
        return !answer.Success && answer.Message.Contains("not found", StringComparison.OrdinalIgnoreCase) ? null : answer.Need().Data.GetString();
    }

    /// <summary>The asker's tasks that changed since a time, with all that is known of them.</summary>
    /// <param name="since">From when on; null for any time.</param>
    /// <param name="filters">Field to a value, or a regular expression; null for all.</param>
    /// <param name="most">Most tasks.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task<ImmutableArray<JsonElement>> ListAsync(DateTimeOffset? since, IReadOnlyDictionary<string, string>? filters, int most, CancellationToken cancellation)
    {
        List<(string, string)> query = [("n_tasks", Number(most))];
        if (since is { } from)
        {
            query.Add(("since", from.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)));
        }

        if (filters is { Count: > 0 })
        {
            query.Add(("filters", JsonSerializer.Serialize(filters)));
        }

        return Rows((await _pipeline.GetAsync("task/get_tasks_detailed_info_since", query, cancellation)).Need().Data);
    }

    /// <summary>The numbers of a task's jobs.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task<ImmutableArray<long>> JobsAsync(long task, CancellationToken cancellation) =>
        [.. Rows((await _pipeline.GetAsync("task/get_job_ids", [("task_id", Number(task))], cancellation)).Need().Data).Where(id => id.ValueKind == JsonValueKind.Number).Select(id => id.GetInt64())];

    /// <summary>What a task's finished jobs left as userJobMetadata.json, by job.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task<ImmutableSortedDictionary<long, JsonElement>> MetadataAsync(long task, CancellationToken cancellation)
    {
        JsonElement data = (await _pipeline.GetAsync("job/get_metadata_for_analysis_jobs", [("task_id", Number(task))], cancellation)).Need().Data;
        return data.ValueKind != JsonValueKind.Object
            ? ImmutableSortedDictionary<long, JsonElement>.Empty
            : data.EnumerateObject()
                .Select(job => (Id: long.TryParse(job.Name, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : -1, job.Value))
                .Where(job => job.Id >= 0).ToImmutableSortedDictionary(job => job.Id, job => job.Value);
    }

    /// <summary>Brings a sandbox to where jobs fetch it, unless it is there.</summary>
    /// <returns>Where it is.</returns>
    /// <exception cref="InvalidInputException">It is larger than what the server takes.</exception>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task<PandaSandboxPlace> UploadAsync(PandaSandbox sandbox, CancellationToken cancellation)
    {
        const string Found = "FOUND:";
        if (sandbox.Content.Length > sandbox.Limit)
        {
            throw new InvalidInputException(new Fault(
                "scripts", Number(sandbox.Content.Length), string.Create(CultureInfo.InvariantCulture, $"make a sandbox that is too large: PanDA takes {sandbox.Limit >> 20} MiB, packed; leave out what trials do not need")));
        }

        PandaAnswer known = await _pipeline.PostAsync("file_server/validate_cache_file", new() { ["file_size"] = sandbox.Content.Length, ["checksum"] = (long)sandbox.Checksum }, cancellation);
        if (known.Success && known.Message.StartsWith(Found, StringComparison.Ordinal) && known.Message.LastIndexOf(':') is int colon && colon > Found.Length)
        {
            string host = known.Message[Found.Length..colon];
            return new(host.Contains("://", StringComparison.Ordinal) ? host : $"https://{host}", known.Message[(colon + 1)..]);
        }

        PandaAnswer answer = await _pipeline.UploadAsync(_connection.Cache, "file_server/upload_cache_file", sandbox.Name, sandbox.Content, cancellation);
        bool isThere = answer.Message.Contains("overwrite", StringComparison.OrdinalIgnoreCase); // the name is the content's
        return answer.Success || isThere ? new(_connection.Cache.GetLeftPart(UriPartial.Authority), sandbox.Name) : throw answer.Refusal();
    }

    /// <inheritdoc/>
    public void Dispose() => _pipeline.Dispose();

    private async Task<bool> CommandAsync(string name, JsonObject body, CancellationToken cancellation)
    {
        const int WrongState = 4;
        PandaAnswer answer = await _pipeline.PostAsync($"task/{name}", body, cancellation);
        return answer.Success || (answer.Code == WrongState ? false : throw answer.Refusal());
    }

    /// <summary>A list, or the values of an object that an older server keys by number.</summary>
    private static ImmutableArray<JsonElement> Rows(JsonElement data) => data.ValueKind switch
    {
        JsonValueKind.Array => [.. data.EnumerateArray()],
        JsonValueKind.Object => [.. data.EnumerateObject().Select(row => row.Value)],
        _ => [],
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("jediTaskID=(?<id>[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TaskId();
}
