using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Adapters.Projects;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>The command <c>run</c>: starts an experiment in a service, and waits for it on demand.</summary>
internal static class RunCommand
{
    public static IEnumerable<Command> Create(CliContext context)
    {
        Argument<string> project = new("PROJECT") { Description = "A project's name, a folder, or a .json or .yaml file. Its configurations and scripts are uploaded." };
        ConnectionOptions connection = new();
        RunOptions options = new();
        Option<string?> id = new("--id") { Description = "Id of the experiment. Running the same again under the same id starts nothing new.", HelpName = "ID" };
        Option<bool> wait = new("--wait") { Description = "Wait for the end and print the result." };
        Option<bool> json = new("--json") { Description = "Print where the experiment stands, or its result, as one JSON object." };
        CliCommand command = new(
            "run",
            "Start an experiment in a service. Exit codes: 0 started, or done; 1 the experiment failed; 2 invalid input; 3 the service is unreachable or refused; 130 interrupted.",
            "hpo run my_project --url http://127.0.0.1:7071 --wait",
            "hpo run my_project --n_jobs 8 --site cards,lab --time 3600",
            "hpo run my_project --n_jobs 4 --independent --seed 1 --wait",
            "HPO_KEY_FILE=~/.hpo-key hpo run my_project --url https://my-app.azurewebsites.net --seed 1")
        {
            project,
            id,
            wait,
            json,
        };
        connection.AddTo(command);
        options.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            List<Fault> faults = [];
            RunOverrides overrides = options.Read(parsed, faults);
            int? separate = options.ReadIndependent(parsed, faults);
            using ServedExperiments? service = Try(() => connection.OpenService(parsed, context), faults);
            LoadedProject? loaded = Try(() => new ProjectLoader(context.Folder, context.CurrentDirectory).Load(parsed.GetRequiredValue(project)), faults);
            byte[]? scripts = loaded is null ? null : Try(() => ScriptArchive.Pack(loaded.ScriptsFolder), faults);
            string? name = parsed.GetValue(id);
            if (name is not null && !ExperimentIds.IsValid(separate is { } n ? IndependentExperiments.IdOf(name, n - 1) : name))
            {
                faults.Add(new("--id", JsonSerializer.Serialize(name), ExperimentIds.Rule));
            }

            if (faults.Count > 0)
            {
                throw new InvalidInputException([.. faults]);
            }

            ProjectDocument document = loaded!.Document with { ScriptsPath = null };
            RunRemarks.Print(context, document.Hpo);
            if (separate is { } number)
            {
                IndependentExperiments.Remark(context, document.Hpo, number);
                return await new IndependentRun(context, service!, parsed.GetValue(wait), parsed.GetValue(json)).RunAsync(document, scripts!, name, overrides, number, cancellation);
            }

            name ??= ExperimentIds.Create(document.Name, context.Time.GetUtcNow());
            ExperimentView view = await service!.StartAsync(document.Name, document.ToJson(), scripts!, name, Request(document.Name, overrides), cancellation);
            RunRemarks.Print(context, view.WarmStart);
            context.Error.WriteLine($"experiment {view.Id}, seed {view.Seed}");
            return parsed.GetValue(wait)
                ? await WaitAsync(context, service, name, overrides.TimeLimit ?? document.Hpo.Extras.TimeLimit, parsed.GetValue(json), cancellation)
                : await StartedAsync(context, service, view, parsed.GetValue(json), cancellation);
        });
        yield return command;
    }

    private static async Task<int> WaitAsync(CliContext context, ServedExperiments service, string id, TimeSpan? limit, bool asJson, CancellationToken cancellation)
    {
        try
        {
            ExperimentView ended = await new ProgressDisplay(context, limit).FollowAsync(new ServiceWatch(context, service).LooksAsync(id, cancellation));
            return await new ResultReport(context).PrintAsync(service, ended, asJson, cancellation);
        }
        catch (Exception error) when (error is OperationCanceledException or UnavailableException)
        {
            context.Error.WriteLine($"the experiment goes on without us; look with: hpo experiment show {id} --url URL");
            throw;
        }
    }

    private static async Task<int> StartedAsync(CliContext context, ServedExperiments service, ExperimentView view, bool asJson, CancellationToken cancellation)
    {
        if (asJson)
        {
            return await new ResultReport(context).PrintAsync(service, view, asJson, cancellation);
        }

        context.Output.WriteLine(view.Id);
        return ExitCode.Done;
    }

    internal static JsonElement Request(string project, RunOverrides overrides)
    {
        JsonObject request = new() { ["project"] = project };
        Add("seed", overrides.Seed);
        Add("maxConcurrent", overrides.MaxConcurrent);
        Add("timeLimitS", overrides.TimeLimit?.TotalSeconds);
        Add("numTrials", overrides.NumTrials);
        Add("isolate", overrides.Isolate);
        Add("previousResult", overrides.PreviousResult);
        Add("warmStartStrategy", overrides.WarmStartStrategy?.ToString().ToLowerInvariant());
        if (!overrides.Sites.IsEmpty)
        {
            request["sites"] = new JsonArray([.. overrides.Sites.Select(site => JsonValue.Create(site))]);
        }

        return JsonSerializer.SerializeToElement(request);

        void Add<T>(string member, T? value)
        {
            if (value is { } given)
            {
                request[member] = JsonValue.Create(given);
            }
        }
    }

    private static T? Try<T>(Func<T> make, List<Fault> faults)
        where T : class
    {
        try
        {
            return make();
        }
        catch (InvalidInputException error)
        {
            faults.AddRange(error.Faults);
            return null;
        }
    }
}
