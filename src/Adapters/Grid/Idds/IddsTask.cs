using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Grid.Idds;

/// <summary>Writes a search as iDDS and PanDA want it: points from <c>hpo generate</c>, evaluated by <c>hpo idds_run</c> in grid jobs.</summary>
/// <param name="project">The project; it has one metric.</param>
/// <param name="options">The rest.</param>
public sealed class IddsTask(ProjectDocument project, IddsTaskOptions options)
{
    private const int HyperParameterOpt = 4;
    private const int New = 0;
    private const string Folder = "/hpo";

    /// <summary>The task that has PanDA run the search.</summary>
    /// <param name="sandbox">Where the files of <see cref="IddsSandbox"/> are.</param>
    public JsonObject ToTask(PandaSandboxPlace sandbox)
    {
        string log = options.TaskName + ".log";
        int points = project.Hpo.NumTrials;
        JsonObject task = new()
        {
            ["taskName"] = options.TaskName + "/",
            ["vo"] = options.Vo,
            ["architecture"] = options.Architecture,
            ["hpoWorkflow"] = true,
            ["noInput"] = true,
            ["nEventsPerJob"] = 1,
            ["nEvents"] = project.Hpo.MaxConcurrent,
            ["totNumJobs"] = points,
            ["maxNumJobs"] = options.MaxJobs ?? (int)Math.Min(int.MaxValue, 2L * points),
            ["skipScout"] = true,
            ["useLocalIO"] = 1,
            ["coreCount"] = 1,
            ["transUses"] = string.Empty,
            ["transHome"] = string.Empty,
            ["transPath"] = "http://pandaserver.cern.ch:25080/trf/user/runHPO-00-00-01",
            ["processingType"] = "panda-client-1.6.0-jedi-hpo",
            ["prodSourceLabel"] = "user",
            ["cliParams"] = $"hpo submit_idds {project.Name}",
            ["container_name"] = options.Container,
            ["multiStepExec"] = Steps(),
            ["log"] = new JsonObject { ["dataset"] = log + "/", ["container"] = log + "/", ["type"] = "template", ["param_type"] = "log", ["value"] = log + ".$JEDITASKID.${SN}.log.tgz" },
            ["hpoRequestData"] = RequestData(),
            ["jobParameters"] = Parameters(sandbox),
        };
        if (options.Sites is [var only])
        {
            task["site"] = only;
        }
        else if (!options.Sites.IsEmpty)
        {
            task["includedSite"] = new JsonArray([.. options.Sites.Select(site => JsonValue.Create(site))]);
        }

        return task;
    }

    /// <summary>The request that has iDDS keep the search without PanDA: somebody else evaluates its points.</summary>
    public JsonObject ToRequest() => new()
    {
        ["requester"] = "hpo",
        ["request_type"] = HyperParameterOpt,
        ["transform_tag"] = "hpo",
        ["status"] = New,
        ["priority"] = 0,
        ["lifetime"] = 30,
        ["name"] = options.TaskName,
        ["request_metadata"] = RequestData(),
    };

    /// <summary>What the job finds in its folder, and what it writes, as programs on the grid call it.</summary>
    private JsonArray Parameters(PandaSandboxPlace sandbox)
    {
        List<JsonObject> parameters =
        [
            Constant("-o output.json -j \"\" --inSampleFile input.json"),
            Constant($"-a {sandbox.Name} --sourceURL {sandbox.Server}"),
            Constant("-p \"", isPadded: false),
            Constant(Uri.EscapeDataString($"hpo idds_run {project.Name}"), isPadded: false),
            Constant("\""),
        ];
        if (project.Grid.InDS is { } input)
        {
            parameters.Add(Constant("--writeInputToTxt IN_DATA:input_ds.json"));
            parameters.Add(new() { ["type"] = "template", ["param_type"] = "input", ["value"] = "-i \"${IN_DATA/T}\"", ["dataset"] = input, ["attributes"] = "nosplit,repeat" });
            parameters.Add(Constant("--inMap \"{'IN_DATA': ${IN_DATA/T}}\""));
        }

        parameters.Add(Constant("--outMetaFile=userJobMetadata.json"));
        return [.. parameters];
    }

    /// <remarks>
    /// JEDI hands all of it on to iDDS. <c>num_points_per_generation</c> is what PanDA's client writes and <c>num_points_per_iteration</c> what
    /// iDDS reads. The losses that the steering program sees are those that <c>hpo idds_run</c> wrote: always to be small, whatever the
    /// project's mode is, so that is what it is told.
    /// </remarks>
    private JsonObject RequestData()
    {
        JsonObject data = new()
        {
            ["sandbox"] = null,
            ["executable"] = "docker",
            ["arguments"] = Steering(),
            ["output_json"] = "output.json",
            ["max_points"] = project.Hpo.NumTrials,
            ["num_points_per_generation"] = options.PointsPerGeneration,
            ["num_points_per_iteration"] = options.PointsPerGeneration,
            ["opt_space"] = JsonNode.Parse(project.Space.ToJson()),
        };
        JsonArray first = [.. project.Hpo.HeadStart.Points.Where(project.Space.Contains).Select(point => (JsonNode)new JsonArray(JsonNode.Parse(point.ToJson()), null))];
        if (first.Count > 0)
        {
            data["initial_points"] = first;
        }

        return data;
    }

    private string Steering()
    {
        string steering = FormattableString.Invariant(
            $"run --rm -v $(pwd):{Folder} {options.SteeringImage} hpo generate --n_point %NUM_POINTS --max_point %MAX_POINTS --infile {Folder}/%IN --outfile {Folder}/%OUT --library {project.Hpo.Algorithm} --metric loss --mode min --seed {options.Seed}");
        return project.Hpo.AlgorithmParam is { ValueKind: JsonValueKind.Object } given && given.EnumerateObject().Any()
            ? $"{steering} --algorithm_param '{JsonSerializer.Serialize(given).Replace("'", "\\u0027", StringComparison.Ordinal)}'"
            : steering;
    }

    private JsonObject Steps() => new()
    {
        ["preprocess"] = new JsonObject { ["command"] = "${TRF}", ["args"] = "--preprocess ${TRF_ARGS}" },
        ["postprocess"] = new JsonObject { ["command"] = "${TRF}", ["args"] = "--postprocess ${TRF_ARGS}" },
        ["containerOptions"] = new JsonObject
        {
            // The pilot writes the program and says by files when it may begin and when it has ended.
            ["containerExec"] = "while [ ! -f __payload_in_sync_file__ ]; do sleep 5; done; /bin/sh __run_main_exec.sh; code=$?; touch __payload_out_sync_file__; exit $code",
            ["containerImage"] = options.Container,
        },
    };

    private static JsonObject Constant(string value, bool isPadded = true)
    {
        JsonObject parameter = new() { ["type"] = "constant", ["value"] = value };
        if (!isPadded)
        {
            parameter["padding"] = false;
        }

        return parameter;
    }
}
