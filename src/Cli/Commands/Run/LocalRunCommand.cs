using System.Collections.Immutable;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;
using HpoServerless.Functions.Services;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>The command <c>local_run</c>: an experiment in this process, from the project to the result.</summary>
internal static class LocalRunCommand
{
    private static readonly string[] Examples =
    [
        "hpo local_run examples/simple_objective --seed 1",
        "hpo local_run my_project --max_concurrent 8 --time 3600",
        "hpo local_run my_project --n_jobs 4 --site cards",
        "hpo local_run my_project --n_jobs 4 --independent --seed 1",
        "hpo local_run --resume my-project-0123456789abc",
    ];

    public static IEnumerable<Command> Create(CliContext context)
    {
        Argument<string?> project = new("PROJECT") { Description = "A project's name, a folder, or a .json or .yaml file.", Arity = ArgumentArity.ZeroOrOne };
        RunOptions options = new();
        SearchPoints points = new();
        Option<string> data = DataOption.Create();
        Option<string?> resume = new("--resume") { Description = "Go on with an experiment of the data folder.", HelpName = "ID" };
        Option<bool> json = new("--json") { Description = "Print the result as one JSON object." };
        CliCommand command = new(
            "local_run",
            "Run an experiment on this machine. Ctrl-C stops it cleanly; --resume goes on with it. Exit codes: 0 done, 1 the experiment failed, 2 invalid input, 130 interrupted.",
            [.. Examples])
        {
            project,
            data,
            resume,
            json,
            points.Option,
        };
        options.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            LocalRun run = new(context, DataOption.Path(parsed, data, context), parsed.GetValue(json));
            if (parsed.GetValue(resume) is { } id)
            {
                return run.ResumeAsync(Resumed(parsed, id, project, options, points), cancellation);
            }

            ImmutableArray<ExperimentPlan> plans = Plan(parsed, context, project, options, points);
            return options.ReadIndependent(parsed, []) is null ? run.StartAsync(plans[0], cancellation) : run.StartAsync(plans, cancellation);
        });
        yield return command;
    }

    /// <summary>What is to be run, checked in every respect before anything is stored.</summary>
    /// <exception cref="InvalidInputException">Lists all faults of the options and of the project.</exception>
    private static ImmutableArray<ExperimentPlan> Plan(ParseResult parsed, CliContext context, Argument<string?> argument, RunOptions options, SearchPoints points)
    {
        List<Fault> faults = [];
        RunOverrides overrides = options.Read(parsed, faults);
        int? separate = options.ReadIndependent(parsed, faults);
        ProjectDocument? document = null;
        byte[] scripts = [];
        try
        {
            string name = parsed.GetValue(argument) ?? throw new InvalidInputException(new Fault("PROJECT", null, "is missing: name a project, a folder or a file, or --resume ID"));
            LoadedProject project = new ProjectLoader(context.Folder, context.CurrentDirectory).Load(name);
            scripts = ScriptArchive.Pack(project.ScriptsFolder);
            document = points.Apply(parsed, project.Document, context.CurrentDirectory);
        }
        catch (InvalidInputException error)
        {
            faults.AddRange(error.Faults);
        }

        if (overrides.NumTrials is { } trials && parsed.GetValue(points.Option) is not null)
        {
            faults.Add(new("--num_trials", JsonSerializer.Serialize(trials), $"must be left out with {points.Option.Name}: every point is one trial"));
        }

        if (separate > 1 && parsed.GetValue(points.Option) is not null)
        {
            faults.Add(new(points.Option.Name, null, "must be left out with --independent: every experiment would evaluate the same points"));
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        RunRemarks.Print(context, document!.Hpo);
        ulong drawn = (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);
        if (separate is { } number)
        {
            ulong first = overrides.Seed ?? document.Hpo.Extras.Seed ?? drawn;
            string id = IndependentExperiments.IdFor(document.Name, context.Time.GetUtcNow());
            IndependentExperiments.Remark(context, document.Hpo, number);
            context.Error.WriteLine($"{number} independent experiments{Again(first)}");
            return [.. IndependentExperiments.Seeds(first, number).Select((seed, i) => One(IndependentExperiments.IdOf(id, i), overrides with { Seed = seed }))];
        }

        ExperimentPlan plan = One(ExperimentIds.Create(document.Name, context.Time.GetUtcNow()), overrides);
        context.Error.WriteLine($"experiment {plan.Id}, seed {plan.Definition.Seed}{Again(plan.Definition.Seed)}");
        return [plan];

        ExperimentPlan One(string id, RunOverrides changes) => new(id, document.ToDefinition(ScriptArchive.NameOf(scripts), changes, drawn), scripts);

        string Again(ulong seed) => seed == drawn ? $" (--seed {seed} runs the same again)" : string.Empty;
    }

    private static string Resumed(ParseResult parsed, string id, Argument<string?> project, RunOptions options, SearchPoints points)
    {
        IEnumerable<string> given = options.Given(parsed).Concat(parsed.GetValue(points.Option) is null ? [] : [points.Option.Name]);
        List<Fault> faults = [.. given.Select(name => new Fault(name, null, "must be left out with --resume: the experiment stays as it was defined"))];
        if (parsed.GetValue(project) is { } name)
        {
            faults.Add(new("PROJECT", JsonSerializer.Serialize(name), "must be left out with --resume: the experiment has its project"));
        }

        return faults.Count == 0 ? id : throw new InvalidInputException([.. faults]);
    }
}
