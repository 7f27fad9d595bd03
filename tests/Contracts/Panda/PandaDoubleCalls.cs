using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HpoServerless.Contracts.Panda;

/// <summary>The methods of the API that the double knows, with the types of their parameters.</summary>
internal sealed class PandaDoubleCalls(PandaDouble server)
{
    private static readonly Dictionary<string, Call> Known = new(StringComparer.Ordinal)
    {
        ["task/submit"] = new("POST", "task_parameters!dict", "parent_tid:int"),
        ["task/kill"] = new("POST", "task_id!int", "broadcast:bool") { Owner = true },
        ["task/finish"] = new("POST", "task_id!int", "soft:bool", "broadcast:bool") { Owner = true },
        ["task/retry"] = new("POST", "task_id!int", "new_parameters:str", "no_child_retry:bool", "discard_events:bool", "disable_staging_mode:bool", "keep_gshare_priority:bool", "ignore_hard_exhausted:bool") { Owner = true },
        ["task/pause"] = new("POST", "task_id!int") { Production = true },
        ["task/resume"] = new("POST", "task_id!int") { Production = true },
        ["task/get_status"] = new("GET", "task_id!str"),
        ["task/get_task_parameters"] = new("GET", "task_id!int"),
        ["task/get_detailed_info"] = new("GET", "task_id!int"),
        ["task/get_job_ids"] = new("GET", "task_id!int"),
        ["task/get_tasks_detailed_info_since"] = new("GET", "since:str", "filters:str", "n_tasks:int"),
        ["job/get_metadata_for_analysis_jobs"] = new("GET", "task_id!int"),
        ["file_server/validate_cache_file"] = new("POST", "file_size!int", "checksum!int"),
        ["file_server/upload_cache_file"] = new("POST", "file!file"),
        ["system/is_alive"] = new("GET"),
    };

    /// <param name="path">Module and method.</param>
    /// <param name="http">The HTTP method.</param>
    /// <param name="parameters">By name; from a GET always text or lists of text.</param>
    /// <param name="file">What was uploaded.</param>
    /// <returns>The envelope.</returns>
    /// <exception cref="PandaRefusal">The method is forbidden.</exception>
    public JsonObject Answer(string path, string http, JsonObject parameters, (string Name, byte[] Content)? file)
    {
        Call call = Known.GetValueOrDefault(path) ?? throw new PandaRefusal(403, $"ERROR : method {path.Split('/')[^1]} is forbidden");
        if (call.Production && !server.ProductionRole)
        {
            return Refuse("production or pilot role required");
        }

        if (http != call.Http)
        {
            return Refuse($"expecting {call.Http}, received {http}");
        }

        if (parameters.Select(p => p.Key).FirstOrDefault(key => !call.Has(key)) is { } unknown)
        {
            return Refuse($"Argument error: got an unexpected keyword argument '{unknown}'");
        }

        foreach ((string name, string type, bool required) in call.Parameters)
        {
            if (type == "file" ? file is null : !parameters.ContainsKey(name))
            {
                if (required)
                {
                    return Refuse($"Argument error: missing a required argument: '{name}'");
                }
            }
            else if (type != "file" && Fault(parameters, name, type, http) is { } fault)
            {
                return Refuse(fault);
            }
        }

        return Answer(path, call, parameters, file);
    }

    private static string? Fault(JsonObject parameters, string name, string type, string http)
    {
        JsonNode? value = parameters[name];
        if (http == "GET" && type == "int")
        {
            if (!double.TryParse((string?)value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            {
                return $"Type error: '{name}' with value '{value}' could not be casted to type int from str.";
            }

            parameters[name] = (long)number;
            return null;
        }

        JsonValueKind kind = value?.GetValueKind() ?? JsonValueKind.Null;
        bool fits = type switch
        {
            "int" => kind == JsonValueKind.Number && value!.AsValue().TryGetValue(out long _),
            "bool" => kind is JsonValueKind.True or JsonValueKind.False,
            "dict" => kind == JsonValueKind.Object,
            _ => kind == JsonValueKind.String,
        };
        return fits ? null : $"Type error: '{name}' must be of type {type}, got {kind}.";
    }

    private JsonObject Answer(string path, Call call, JsonObject parameters, (string Name, byte[] Content)? file)
    {
        PandaDoubleTask? task = parameters["task_id"] is { } id ? server.Find(id.GetValueKind() == JsonValueKind.Number ? (long)id : long.Parse((string)id!, CultureInfo.InvariantCulture)) : null;
        if (call.Owner && task is not null && task.Owner != server.User && !server.ProductionRole)
        {
            return Refuse("not the task owner or no production role");
        }

        switch (path)
        {
            case "system/is_alive":
                return Done(null, "alive=yes");
            case "task/submit":
                (int code, string message) = server.Submit((JsonObject)parameters["task_parameters"]!);
                return code is 0 or 3 ? Done(long.Parse(Regex.Match(message, "=([0-9]+)", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value, CultureInfo.InvariantCulture), message) : Refuse(message, code);
            case "task/kill" or "task/finish" or "task/retry" or "task/pause" or "task/resume":
                (code, message) = task is null ? (2, "Command rejected: jediTaskID not found") : server.Command(task, path.Split('/')[1]);
                return code == 0 ? Done(0, message) : Refuse(message, code);
            case "task/get_status":
                return task is null ? Refuse("Task not found") : Done(task.Status);
            case "task/get_task_parameters":
                return task is null ? Refuse("Task not found") : Done(task.Parameters.DeepClone());
            case "task/get_detailed_info":
                return task is null ? Refuse("Task not found") : Done(task.ToJson());
            case "task/get_job_ids":
                return Done(new JsonArray([.. (task?.Jobs ?? []).Select(job => (JsonNode)job.Id)]));
            case "job/get_metadata_for_analysis_jobs":
                return Done(new JsonObject((task?.Jobs ?? []).Where(job => job is { Status: "finished", Metadata: not null })
                    .Select(job => KeyValuePair.Create(job.Id.ToString(CultureInfo.InvariantCulture), job.Metadata?.DeepClone()))));
            case "task/get_tasks_detailed_info_since":
                return List(parameters);
            case "file_server/validate_cache_file":
                return Validate((long)parameters["file_size"]!, (long)parameters["checksum"]!);
            default:
                return Upload(file!.Value);
        }
    }

    private JsonObject List(JsonObject parameters)
    {
        DateTimeOffset since = DateTimeOffset.MinValue;
        if ((string?)parameters["since"] is { } text && !DateTimeOffset.TryParseExact(text, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out since))
        {
            return Refuse("Failed to retrieve task IDs");
        }

        Dictionary<string, string> filters = [];
        if ((string?)parameters["filters"] is { } json)
        {
            try
            {
                filters = JsonSerializer.Deserialize<Dictionary<string, string>>(json)!;
            }
            catch (JsonException)
            {
                return Refuse("filters is not valid JSON");
            }
        }

        const string Meta = "^$*+?\\|()";
        IEnumerable<JsonObject> rows = server.Tasks.Where(task => task.Owner == server.User && task.Modified.AddSeconds(1) >= since).Select(task => task.ToJson());
        foreach ((string field, string value) in filters.Where(filter => !filter.Value.Any(Meta.Contains)))
        {
            rows = rows.Where(row => row[field]?.ToString() == value);
        }

        rows = rows.Take((int)((long?)parameters["n_tasks"] ?? 500));
        foreach ((string field, string value) in filters.Where(filter => filter.Value.Any(Meta.Contains)))
        {
            rows = rows.Where(row => !row.ContainsKey(field) || Regex.IsMatch(row[field]?.ToString() ?? "None", value, RegexOptions.None, TimeSpan.FromSeconds(1)));
        }

        return Done(new JsonArray([.. rows]));
    }

    private JsonObject Validate(long size, long checksum)
    {
        foreach ((string name, byte[] content) in server.Cache)
        {
            if (content.Length == size && content.Length >= 8 && BitConverter.ToUInt32(content, content.Length - 8) == checksum)
            {
                return Done(null, $"FOUND:{server.Api.Authority}:{name}");
            }
        }

        return Refuse("NOTFOUND");
    }

    private JsonObject Upload((string Name, byte[] Content) file)
    {
        int limit = file.Name.StartsWith("sources.", StringComparison.Ordinal) ? 768 : 10;
        if (file.Content.Length > limit << 20)
        {
            return Refuse(string.Create(CultureInfo.InvariantCulture, $"File size exceeded the limit: {file.Content.Length >> 20} MB > {limit} MB."));
        }

        if (!server.Cache.TryAdd(file.Name, file.Content))
        {
            return Refuse("ERROR: Cannot overwrite file");
        }

        server.Uploads++;
        return Done(null, $"{server.Api.Authority}:{file.Name}");
    }

    private static JsonObject Done(JsonNode? data, string message = "") => new() { ["success"] = true, ["message"] = message, ["data"] = data };

    private static JsonObject Refuse(string message, int? code = null) => new() { ["success"] = false, ["message"] = message, ["data"] = code };

    private sealed class Call
    {
        public Call(string http, params string[] parameters)
        {
            Http = http;
            Parameters = [.. parameters.Select(text => (text.Split('!', ':')[0], text.Split('!', ':')[1], text.Contains('!', StringComparison.Ordinal)))];
        }

        public string Http { get; }

        public (string Name, string Type, bool Required)[] Parameters { get; }

        public bool Production { get; init; }

        public bool Owner { get; init; }

        public bool Has(string name) => Array.Exists(Parameters, parameter => parameter.Name == name);
    }
}
