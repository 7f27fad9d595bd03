using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Executors.Machine;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Auptimizer;

/// <summary>Reads experiment files of Auptimizer 2.</summary>
/// <param name="currentDirectory">Where a script is looked for first, as Auptimizer does; then beside the file.</param>
/// <param name="aupFolder">Folder with env.ini; null for the usual ones.</param>
/// <param name="installed">Names of the sites of the installation.</param>
/// <param name="python">What runs Python scripts that are not executable.</param>
public sealed class AupReader(string currentDirectory, string? aupFolder, IReadOnlySet<string> installed, string python)
{
    /// <summary>Name of the number that is optimised: the first of a result.</summary>
    public const string Metric = "score";

    private const int LongestName = 100;
    private const int MostRetries = 10_000;

    /// <summary>How long Auptimizer waits before it looks again whether an instance has started.</summary>
    private const int SecondsOfRetry = 30;

    /// <summary>Under which names a job finds its number.</summary>
    private static readonly string[] Numbers = ["job_id", "tid"];

    private static readonly string[] ConnectionKeys = ["max_retries", "reconn_wait_time", "connection_retry", "shutdown"];
    private static readonly string[] DetachedKeys = ["async_reconnect", "async_timeout"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public AupExperiment Read(string file)
    {
        string path = Path.GetFullPath(Path.Combine(currentDirectory, file));
        if (!File.Exists(path))
        {
            throw new InvalidInputException(new Fault("EXPERIMENT", JsonSerializer.Serialize(file), "must be a file that exists"));
        }

        List<Fault> faults = [];
        List<string> remarks = [];
        DocumentReader reader = new(WithoutBlanks(DocumentText.ParseJson(File.ReadAllText(path), file)), string.Empty, faults);
        string name = ReadName(reader);
        string proposer = AupProposer.ReadName(reader);
        string resource = Required(reader, "resource") is null ? AupSite.Cpu : reader.Choice("resource", AupSite.Resources) ?? AupSite.Cpu;
        string mode = Required(reader, "target") is null ? "max" : reader.Choice("target", "min", "max") ?? "max";
        bool walked = proposer == AupProposer.Sequence;
        JsonObject space = AupSpace.Read(reader, walked, out long size, remarks);
        JsonObject hpo = AupProposer.Read(reader, proposer, size, remarks);
        ResourceArguments arguments = ReadResourceArguments(reader, proposer, resource, hpo, remarks);
        AupJob job = new AupScript(currentDirectory, Path.GetDirectoryName(path)!, python).Read(reader, resource, remarks);
        job = ReadRuntimeArguments(reader, job, resource, arguments.Connection, remarks);
        (job, bool ignoresFailures) = ReadFailures(reader, job);
        job = job with { PassesResultsOn = arguments.Compares };
        if (resource == AupSite.Cpu && !job.Env.ContainsKey(GraphicsCards.Variable))
        {
            job = job with { Env = job.Env.Add(GraphicsCards.Variable, string.Empty) };
        }

        AupSite? site = AupSite.For(resource, AupEnvironment.Read(aupFolder, currentDirectory, faults), arguments.Connection, installed, faults);
        RefuseReserved(reader, space, proposer, arguments.SavesModel);

        hpo["metric"] = Metric;
        hpo["mode"] = mode;
        hpo["stop"] = new JsonObject();
        long parallel = reader.Integer("n_parallel", 1, 100_000) ?? 1;
        bool one = resource == AupSite.Passive;
        if (one && parallel > 1)
        {
            remarks.Add("n_parallel is left out: the resource passive has one job at a time");
        }

        hpo["max_concurrent"] = one ? 1 : parallel;
        hpo["seed"] = reader.Integer("random_seed", 0, long.MaxValue) ?? 0;
        hpo["max_failure_rate"] = ignoresFailures ? new JsonObject { ["rate"] = 1 } : new JsonObject { ["rate"] = 0, ["min_trials"] = 1 };
        if (site is not null)
        {
            hpo["sites"] = new JsonArray(site.Name);
            hpo["resource"] = site.CardsPerJob is { } cards ? new JsonObject { ["gpu"] = cards } : null;
        }

        reader.Done();
        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        JsonObject model = new() { ["command"] = new JsonArray(AupJob.FileName), ["number_as"] = new JsonArray([.. Numbers.Select(number => JsonValue.Create(number))]) };
        if (!arguments.Labels.IsEmpty)
        {
            model["result_labels"] = new JsonArray([.. arguments.Labels.Select(label => JsonValue.Create(label))]);
        }

        JsonObject document = new() { ["project_name"] = name, ["model_config"] = model, ["search_space"] = space, ["hpo_config"] = hpo };
        return new()
        {
            Project = Parsed(document, proposer, reader),
            Job = job,
            Site = site,
            IsAsked = resource == AupSite.Passive && site is null,
            SavesModel = arguments.SavesModel,
            Remarks = [.. remarks],
        };
    }

    private static ProjectDocument Parsed(JsonObject document, string proposer, DocumentReader reader)
    {
        try
        {
            return ProjectDocument.Parse(JsonSerializer.SerializeToElement(document));
        }
        catch (InvalidInputException error)
        {
            string[] parameters = [.. reader.Find("parameter_config")!.Value.EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()!)];
            throw AupFaults.Renamed(error, AupProposer.HasBudgets(proposer), parameters);
        }
    }

    /// <summary>Auptimizer's setup writes empty texts for what was not said.</summary>
    private static JsonElement WithoutBlanks(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return json;
        }

        JsonObject kept = [];
        foreach (JsonProperty member in json.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.String || member.Value.GetString()!.Length > 0))
        {
            kept[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        }

        return JsonSerializer.SerializeToElement(kept);
    }

    private static string? Required(DocumentReader reader, string key)
    {
        if (!reader.Has(key))
        {
            reader.Fault(key, "is missing");
            return null;
        }

        return reader.Text(key);
    }

    /// <summary>The name, without what names of projects cannot have.</summary>
    private static string ReadName(DocumentReader reader)
    {
        string given = Required(reader, "name") ?? "experiment";
        string name = new string([.. given.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-')]).TrimStart('.', '-');
        return name.Length == 0 ? "experiment" : name[..Math.Min(name.Length, LongestName)];
    }

    private static ResourceArguments ReadResourceArguments(DocumentReader reader, string proposer, string resource, JsonObject hpo, List<string> remarks)
    {
        if (!reader.Has("resource_args"))
        {
            return new(false, [], [], false);
        }

        DocumentReader arguments = reader.Child("resource_args");
        ImmutableArray<string> labels = arguments.Texts("multi_res_labels") ?? [];
        if (labels.Contains(Metric) || labels.Distinct(StringComparer.Ordinal).Count() < labels.Length)
        {
            arguments.Fault("multi_res_labels", $"must be different names, none of them {Metric}, which the first number of a result has");
        }

        bool savesModel = arguments.Flag("save_model") ?? false;
        arguments.Flag("track_intermediate_results"); // all results are kept in any case
        if (arguments.Flag("one_shot") is true)
        {
            remarks.Add("resource_args.one_shot means nothing here");
        }

        AupEarlyStop.Read(arguments, AupProposer.HasBudgets(proposer), proposer, hpo, remarks);
        JsonObject connection = ReadConnection(arguments, resource, remarks);
        arguments.Done();
        return new(savesModel, labels, connection, arguments.Has(AupEarlyStop.Key) && !AupProposer.HasBudgets(proposer));
    }

    /// <summary>Options of connections to other machines, which are those of the site.</summary>
    private static JsonObject ReadConnection(DocumentReader arguments, string resource, List<string> remarks)
    {
        JsonObject connection = [];
        bool elsewhere = resource is AupSite.Node or AupSite.Aws;
        bool detached = arguments.Flag("async_run") ?? false;
        if (detached && elsewhere)
        {
            connection["async_run"] = true;
        }

        foreach (string key in ConnectionKeys.Concat(DetachedKeys).Where(arguments.Has))
        {
            JsonElement value = arguments.Find(key)!.Value;
            bool counts = elsewhere && (detached || !DetachedKeys.Contains(key)) && (resource == AupSite.Aws || key is not ("shutdown" or "connection_retry"));
            if (counts && key == "shutdown")
            {
                connection["stop_after"] = arguments.Flag(key);
            }
            else if (counts && key == "connection_retry")
            {
                connection["start_timeout"] = arguments.Integer(key, 1, MostRetries) * SecondsOfRetry;
            }
            else if (counts)
            {
                connection[key] = JsonNode.Parse(value.GetRawText());
            }
            else
            {
                remarks.Add($"resource_args.{key} means nothing to the resource {resource}{(elsewhere && DetachedKeys.Contains(key) ? " without async_run" : string.Empty)}");
            }
        }

        return connection;
    }

    private static AupJob ReadRuntimeArguments(DocumentReader reader, AupJob job, string resource, JsonObject connection, List<string> remarks)
    {
        if (!reader.Has("runtime_args"))
        {
            return job;
        }

        DocumentReader arguments = reader.Child("runtime_args");
        bool overwrite = arguments.Flag("overwrite") ?? false;
        if (overwrite && resource is AupSite.Node or AupSite.Aws)
        {
            connection["overwrite"] = true;
        }
        else if (overwrite)
        {
            remarks.Add($"runtime_args.overwrite means nothing to the resource {resource}: the script runs in place");
        }

        ImmutableSortedDictionary<string, string>.Builder variables = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        JsonProperty[] given = arguments.Object("env") is { } env ? [.. env.EnumerateObject()] : [];
        foreach (JsonProperty variable in given)
        {
            bool isName = variable.Name.Length > 0 && !char.IsAsciiDigit(variable.Name[0]) && variable.Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
            if (!isName || variable.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null)
            {
                arguments.Fault("env", "must be an object of names (letters, digits and _, no digit first) and texts");
            }

            variables[variable.Name] = variable.Value.ToString();
        }

        job = job with { Prescript = arguments.Text("prescript"), Postscript = arguments.Text("postscript"), Env = variables.ToImmutable() };
        arguments.Done();
        return job;
    }

    private static (AupJob Job, bool IgnoresFailures) ReadFailures(DocumentReader reader, AupJob job)
    {
        if (!reader.Has("job_failure"))
        {
            return (job, false);
        }

        DocumentReader failures = reader.Child("job_failure");
        int retries = (int)(failures.Integer("job_retries", 0, 1000) ?? 0);
        bool ignored = failures.Flag("ignore_fail") ?? false;
        failures.Done();
        return (job with { Retries = retries }, ignored);
    }

    private static void RefuseReserved(DocumentReader reader, JsonObject space, string proposer, bool savesModel)
    {
        string[] reserved = [.. Numbers, .. AupProposer.HasBudgets(proposer) ? ["n_iterations"] : Array.Empty<string>(), .. savesModel ? ["save_model", "folder_name"] : Array.Empty<string>()];
        foreach (string name in reserved.Where(space.ContainsKey))
        {
            reader.Fault("parameter_config", $"must have no parameter {name}: jobs are told something else by that name");
        }
    }

    private sealed record ResourceArguments(bool SavesModel, ImmutableArray<string> Labels, JsonObject Connection, bool Compares);
}
