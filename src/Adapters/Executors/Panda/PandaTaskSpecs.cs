using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>Writes the task that runs a job, as PanDA's own client would for a program of a user.</summary>
internal sealed class PandaTaskSpecs(PandaOptions options)
{
    private const string AnySite = "ANY";
    private const string LogPlaces = ".$JEDITASKID.${SN}.log.tgz";

    /// <param name="definition">The experiment; its project's wishes for the grid count before the site's.</param>
    /// <param name="job">What runs.</param>
    /// <param name="place">Where the job's sandbox is.</param>
    /// <exception cref="Engine.Errors.InvalidInputException">The names of tasks are not such as the grid takes.</exception>
    public JsonObject Of(ExperimentDefinition definition, PandaJob job, PandaSandboxPlace place)
    {
        GridWishes wishes = definition.Grid ?? new();
        ImmutableArray<string> queues = wishes.Sites.IsDefaultOrEmpty ? options.Queues : [.. wishes.Sites.Where(site => site != AnySite)];
        string name = PandaNames.Task(wishes.OutDS ?? options.OutDS, definition.Project, options.Account, job);
        string log = $"{name.TrimEnd('/')}.log";
        bool gpu = options.Gpu ?? (queues.Length > 0 && queues.All(queue => queue.Contains("GPU", StringComparison.OrdinalIgnoreCase)));
        bool retry = wishes.Retry || options.Retry;
        JsonObject task = new()
        {
            ["taskName"] = name,
            ["uniqueTaskName"] = true,
            ["vo"] = options.Connection.Vo?.Split(':', '.')[0] ?? "atlas",
            ["architecture"] = options.Architecture ?? string.Empty,
            ["transUses"] = string.Empty,
            ["transHome"] = null,
            ["processingType"] = "panda-client-1.6.0-jedi-run",
            ["prodSourceLabel"] = "user",
            ["site"] = queues.Length == 1 ? queues[0] : null,
            ["includedSite"] = queues.Length > 1 ? Names(queues) : null,
            ["excludedSite"] = Names(options.ExcludedQueues),
            ["cliParams"] = $"hpo, experiment {job.Segment.Experiment}, trial {job.Segment.Trial}, segment {job.Segment.Segment}",
            ["osInfo"] = "hpo",
            ["nMaxFilesPerJob"] = 200,
            ["respectSplitRule"] = true,
            ["skipScout"] = true,
            ["useLocalIO"] = 1,
            ["sourceURL"] = place.Server,
            ["log"] = new JsonObject { ["dataset"] = $"{log}/", ["container"] = $"{log}/", ["type"] = "template", ["param_type"] = "log", ["value"] = log + LogPlaces },
            ["jobParameters"] = Parameters(job, place.Name, wishes.InDS ?? options.InDS, gpu),
        };
        Add(task, "container_name", wishes.Container ?? options.Container);
        Add(task, "workingGroup", options.WorkingGroup);
        Add(task, "ramCount", options.MemoryMiB);
        Add(task, "maxCpuCount", options.MaxCpuCount);
        if (options.MemoryMiB is not null)
        {
            task["ramCountUnit"] = "MBPerCore";
        }

        int cores = options.Cores ?? (gpu ? 1 : 8);
        if (cores > 1)
        {
            task["coreCount"] = cores;
        }

        if (retry)
        {
            Add(task, "maxAttempt", options.MaxAttempts);
        }
        else
        {
            task["disableAutoRetry"] = 1;
        }

        if ((wishes.InDS ?? options.InDS) is { } input)
        {
            task["dsForIN"] = input;
        }
        else
        {
            task["noInput"] = true;
        }

        return task;
    }

    private static JsonArray Parameters(PandaJob job, string sandbox, string? input, bool gpu)
    {
        JsonArray parameters =
        [
            Constant("-j \"\" --sourceURL ${SURL}"),
            Constant("-r ."),
            new JsonObject { ["type"] = "constant", ["value"] = "__delimiter__", ["hidden"] = true },
            Constant($"-a {sandbox}"),
        ];
        if (input is not null)
        {
            parameters.Add((JsonNode)new JsonObject { ["type"] = "template", ["param_type"] = "input", ["value"] = "-i \"${IN/T}\"", ["dataset"] = input, ["exclude"] = "\\.log\\.tgz(\\.\\d+)*$" });
        }

        parameters.Add((JsonNode)new JsonObject { ["type"] = "constant", ["value"] = "-p \"", ["padding"] = false });
        parameters.Add((JsonNode)new JsonObject { ["type"] = "constant", ["value"] = Uri.EscapeDataString(job.Command), ["padding"] = false });
        parameters.Add((JsonNode)Constant("\""));
        if (gpu)
        {
            parameters.Add((JsonNode)Constant("--cmtConfig nvidia-gpu "));
        }

        return parameters;
    }

    private static JsonObject Constant(string value) => new() { ["type"] = "constant", ["value"] = value };

    private static JsonArray Names(ImmutableArray<string> names) => [.. names.Select(name => (JsonNode)name)];

    private static void Add(JsonObject task, string name, JsonNode? value)
    {
        if (value is not null)
        {
            task[name] = value;
        }
    }
}
