using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace HpoServerless.Contracts.Batch;

/// <summary>What the double answers to each call. Runs with its gate held.</summary>
internal sealed partial class BatchDoubleCalls(BatchDouble account, Uri endpoint)
{
    private const int MaxTasks = 100;
    private const int MaxPage = 1000;

    public (int Status, object? Content) Answer(HttpRequest request, JsonObject? body)
    {
        string[] path = request.Path.Value!.Trim('/').Split('/');
        return (request.Method, path) switch
        {
            ("POST", ["jobs"]) => CreateJob(Body(body, "id", "poolInfo", "onAllTasksComplete", "onTaskFailure", "priority", "constraints", "metadata")),
            ("GET", ["jobs"]) => Page(request, account.Jobs, j => j.Id, j => j.State, j => j.Changed, Show),
            ("GET", ["jobs", var job]) => (200, Select(request, Show(account.FindJob(job)))),
            ("DELETE", ["jobs", var job]) => Do(202, () => account.Delete(account.FindJob(job))),
            ("POST", ["jobs", var job, "terminate"]) => Do(202, () => account.Terminate(account.FindJob(job))),
            ("POST", ["jobs", var job, "addtaskcollection"]) => AddTasks(account.FindJob(job), Body(body, "value")),
            ("GET", ["jobs", var job, "tasks"]) => Page(request, account.FindJob(job).Tasks, t => t.Id, t => t.State, t => t.Changed, t => t.ToJson()),
            ("GET", ["jobs", var job, "tasks", var task]) => (200, Select(request, BatchDouble.FindTask(account.FindJob(job), task).ToJson())),
            ("POST", ["jobs", var job, "tasks", var task, "terminate"]) => Do(204, () => account.Terminate(BatchDouble.FindTask(account.FindJob(job), task))),
            ("POST", ["jobs", var job, "tasks", var task, "reactivate"]) => Reactivate(account.FindJob(job), task),
            ("GET" or "HEAD", ["jobs", var job, "tasks", var task, "files", .. string[] file]) => File(request, account.FindJob(job), task, string.Join('/', file)),
            ("GET", ["pools", var pool]) => (200, Select(request, Show(FindPool(pool)))),
            ("POST", ["pools", var pool, "resize"]) => Resize(FindPool(pool), Body(body, "targetDedicatedNodes", "targetLowPriorityNodes", "resizeTimeout", "nodeDeallocationOption")),
            ("GET", ["nodecounts"]) => NodeCounts(request),
            _ => throw new BatchRefusal(404, "ResourceNotFound", request.Path),
        };
    }

    private static (int, object?) Do(int status, Action action)
    {
        action();
        return (status, null);
    }

    private static JsonObject Body(JsonObject? body, params string[] known)
    {
        if (body is null)
        {
            throw new BatchRefusal(400, "MissingRequiredProperty", "the body is missing");
        }

        return body.Select(p => p.Key).Except(known, StringComparer.Ordinal).FirstOrDefault() is { } unknown ? throw BatchRefusal.Invalid($"unknown: {unknown}") : body;
    }

    private static string Required(JsonNode? node, string name) =>
        node is JsonObject json && json[name]?.GetValue<string>() is { Length: > 0 } text ? text : throw new BatchRefusal(400, "MissingRequiredProperty", name);

    private static string Id(JsonNode? node) => Required(node, "id") is { } id && IdRule().IsMatch(id) ? id : throw new BatchRefusal(400, "InvalidPropertyValue", "id");

    private (int, object?) CreateJob(JsonObject body)
    {
        account.Create(new() { Id = Id(body), Pool = Required(body["poolInfo"], "poolId") });
        return (201, null);
    }

    private (int, object?) AddTasks(DoubleJob job, JsonObject body)
    {
        if (body["value"] is not JsonArray { Count: > 0 } tasks)
        {
            throw new BatchRefusal(400, "MissingRequiredProperty", "value");
        }

        if (tasks.Count > MaxTasks)
        {
            throw new BatchRefusal(400, "InvalidPropertyValue", $"at most {MaxTasks} tasks");
        }

        DoubleTask[] read = [.. tasks.Select(Read)];
        if (read.DistinctBy(t => t.Id, StringComparer.OrdinalIgnoreCase).Count() < read.Length)
        {
            throw new BatchRefusal(400, "InvalidPropertyValue", "an id is there twice");
        }

        if (job.State != "active")
        {
            account.Add(job, read[0]); // says why
        }

        return (200, new JsonObject { ["value"] = new JsonArray([.. read.Select(task => Add(job, task)).Reverse()]) });
    }

    private JsonObject Add(DoubleJob job, DoubleTask task)
    {
        try
        {
            if (account.IsHit("server error", account.ServerErrorShare))
            {
                throw new BatchRefusal(500, "InternalError");
            }

            account.Add(job, task);
            return new() { ["taskId"] = task.Id, ["status"] = "success", ["location"] = $"{endpoint}jobs/{job.Id}/tasks/{task.Id}" };
        }
        catch (BatchRefusal refusal)
        {
            return new()
            {
                ["taskId"] = task.Id,
                ["status"] = refusal.Status >= 500 ? "servererror" : "clienterror",
                ["error"] = new JsonObject { ["code"] = refusal.Code, ["message"] = new JsonObject { ["lang"] = "en-us", ["value"] = refusal.Text } },
            };
        }
    }

    private static DoubleTask Read(JsonNode? node)
    {
        JsonObject json = Body(
            node as JsonObject, "id", "commandLine", "containerSettings", "resourceFiles", "outputFiles", "environmentSettings", "constraints", "requiredSlots", "userIdentity", "exitConditions");
        JsonObject? constraints = json["constraints"] is JsonObject c ? Body(c, "maxWallClockTime", "retentionTime", "maxTaskRetryCount") : null;
        JsonObject? container = json["containerSettings"] is JsonObject s ? Body(s, "imageName", "containerRunOptions", "workingDirectory", "registry") : null;
        return new()
        {
            Id = Id(json),
            CommandLine = Required(json, "commandLine"),
            Image = container is null ? null : Required(container, "imageName"),
            Environment = (json["environmentSettings"] as JsonArray ?? []).ToDictionary(e => Required(e, "name"), e => e!["value"]!.GetValue<string>()),
            ResourceFiles = [.. (json["resourceFiles"] as JsonArray ?? []).Select(f => (Required(f, "httpUrl"), Required(f, "filePath"), f!["identityReference"] is not null))],
            WallClock = BatchDouble.Duration(constraints?["maxWallClockTime"]?.GetValue<string>()),
            Retention = BatchDouble.Duration(constraints?["retentionTime"]?.GetValue<string>()),
            MaxRetries = constraints?["maxTaskRetryCount"]?.GetValue<int>() ?? 0,
            RequiredSlots = json["requiredSlots"]?.GetValue<int>() ?? 1,
        };
    }

    private (int, object?) Reactivate(DoubleJob job, string task)
    {
        account.Reactivate(job, BatchDouble.FindTask(job, task));
        return (204, null);
    }

    private (int, object?) File(HttpRequest request, DoubleJob job, string task, string path)
    {
        byte[] content = account.ReadFile(job, BatchDouble.FindTask(job, task), path) ?? throw new BatchRefusal(404, "FileNotFound");
        string range = request.Headers["ocp-range"].ToString();
        if (range.Length == 0)
        {
            return (200, content);
        }

        Match match = Range().Match(range);
        if (!match.Success)
        {
            throw new BatchRefusal(400, "InvalidHeaderValue", $"ocp-range: {range}");
        }

        int from = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        int to = Math.Min(content.Length - 1, int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture));
        return from > to ? throw new BatchRefusal(416, "InvalidRange") : (206, content[from..(to + 1)]);
    }

    private DoublePool FindPool(string id) => account.Pools.GetValueOrDefault(id) ?? throw new BatchRefusal(404, "PoolNotFound");

    private static (int, object?) Resize(DoublePool pool, JsonObject body)
    {
        if (pool.SizesItself)
        {
            throw new BatchRefusal(409, "PoolVersionEqualsAutoScale", "the pool sizes itself");
        }

        (pool.Nodes, pool.SpotNodes) = (body["targetDedicatedNodes"]?.GetValue<int>() ?? pool.Nodes, body["targetLowPriorityNodes"]?.GetValue<int>() ?? pool.SpotNodes);
        return (202, null);
    }

    private (int, object?) NodeCounts(HttpRequest request)
    {
        Match match = PoolRule().Match(request.Query["$filter"].ToString());
        JsonArray rows = [.. account.Pools.Values.Where(p => match.Success && p.Id == match.Groups[1].Value).Select(p => new JsonObject
        {
            ["poolId"] = p.Id,
            ["dedicated"] = new JsonObject { ["idle"] = p.Nodes, ["running"] = 0, ["preempted"] = 0, ["total"] = p.Nodes },
            ["lowPriority"] = new JsonObject { ["idle"] = p.SpotNodes, ["running"] = 0, ["preempted"] = 0, ["total"] = p.SpotNodes },
        })];
        return (200, new JsonObject { ["value"] = rows });
    }

    private static JsonObject Show(DoubleJob job) => new() { ["id"] = job.Id, ["state"] = job.State, ["poolInfo"] = new JsonObject { ["poolId"] = job.Pool } };

    private static JsonObject Show(DoublePool pool) => new()
    {
        ["id"] = pool.Id,
        ["state"] = "active",
        ["allocationState"] = "steady",
        ["taskSlotsPerNode"] = pool.SlotsPerNode,
        ["targetDedicatedNodes"] = pool.Nodes,
        ["targetLowPriorityNodes"] = pool.SpotNodes,
        ["enableAutoScale"] = pool.SizesItself,
    };

    private static JsonObject Select(HttpRequest request, JsonObject row)
    {
        string fields = request.Query["$select"].ToString();
        if (fields.Length > 0)
        {
            foreach (string name in row.Select(p => p.Key).Except(fields.Split(','), StringComparer.Ordinal).ToArray())
            {
                row.Remove(name);
            }
        }

        return row;
    }

    private (int, object?) Page<T>(
        HttpRequest request, IReadOnlyList<T> rows, Func<T, string> id, Func<T, string> state, Func<T, DateTimeOffset> changed, Func<T, JsonObject> show)
    {
        Func<T, bool> filter = BatchFilter.Parse(request.Query["$filter"], id, state, changed);
        int wanted = int.TryParse(request.Query["maxresults"], NumberStyles.None, CultureInfo.InvariantCulture, out int most) ? most : MaxPage;
        if (wanted is < 1 or > MaxPage)
        {
            throw new BatchRefusal(400, "InvalidQueryParameterValue", "maxresults");
        }

        int first = int.TryParse(request.Query["$skiptoken"], NumberStyles.None, CultureInfo.InvariantCulture, out int skip) ? skip : 0;
        int size = Math.Min(wanted, account.PageSize);
        JsonArray page = [];
        int next = first;
        for (; next < rows.Count && page.Count < size; next++)
        {
            if (filter(rows[next]))
            {
                page.Add(Select(request, show(rows[next])));
            }
        }

        JsonObject answer = new() { ["odata.metadata"] = "x", ["value"] = page };
        if (rows.Skip(next).Any(filter))
        {
            IEnumerable<string> query = request.Query.Where(q => q.Key != "$skiptoken").Select(q => $"{q.Key}={Uri.EscapeDataString(q.Value.ToString())}");
            answer["odata.nextLink"] = $"{endpoint.GetLeftPart(UriPartial.Authority)}{request.Path}?{string.Join('&', query)}&$skiptoken={next}";
        }

        return (200, answer);
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$", RegexOptions.None, 1000)]
    private static partial Regex IdRule();

    [GeneratedRegex("^bytes=([0-9]{1,9})-([0-9]{1,9})$", RegexOptions.None, 1000)]
    private static partial Regex Range();

    [GeneratedRegex("^poolId eq '([^']+)'$", RegexOptions.None, 1000)]
    private static partial Regex PoolRule();
}
