using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;
using HpoServerless.Functions.Services;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>The command <c>local_run</c>: an experiment in this process, from the project to the result.</summary>
internal static class LocalRunCommand
{
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
            "hpo local_run examples/simple_objective --seed 1",
            "hpo local_run my_project --max_concurrent 8 --time 3600",
            "hpo local_run --resume my-project-0123456789abc")
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
            return parsed.GetValue(resume) is { } id
                ? run.ResumeAsync(Resumed(parsed, id, project, options, points), cancellation)
                : run.StartAsync(Plan(parsed, context, project, options, points), cancellation);
        });
        yield return command;
    }

    /// <summary>What is to be run, checked in every respect before anything is stored.</summary>
    /// <exception cref="InvalidInputException">Lists all faults of the options and of the project.</exception>
    private static ExperimentPlan Plan(ParseResult parsed, CliContext context, Argument<string?> argument, RunOptions options, SearchPoints points)
    {
        List<Fault> faults = [];
        RunOverrides overrides = options.Read(parsed, faults);
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

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        RunRemarks.Print(context, document!.Hpo);
        ulong seed = (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);
        ExperimentDefinition definition = document.ToDefinition(ScriptArchive.NameOf(scripts), overrides, seed);
        ExperimentPlan plan = new(ExperimentIds.Create(definition.Project, context.Time.GetUtcNow()), definition, scripts);
        string drawn = definition.Seed == seed ? $" (--seed {seed} runs the same again)" : string.Empty;
        context.Error.WriteLine($"experiment {plan.Id}, seed {definition.Seed}{drawn}");
        return plan;
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
