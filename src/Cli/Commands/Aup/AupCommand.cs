using System.CommandLine;
using System.Text.Json;
using HpoServerless.Adapters.Auptimizer;
using HpoServerless.Adapters.Executors;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Cli.Commands.Aup;

/// <summary>The command <c>aup</c>: runs an experiment file of Auptimizer.</summary>
internal static class AupCommand
{
    public static IEnumerable<Command> Create(CliContext context)
    {
        Argument<string?> file = new("EXPERIMENT") { Description = "An experiment file (JSON), as for python -m aup.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> folder = new("--aup_folder") { Description = "Folder with env.ini. [default: ./.aup, then ~/.aup]", HelpName = "DIR" };
        Option<bool> test = new("--test") { Description = "Run one job only." };
        Option<bool> show = new("--show") { Description = "Print the project that the file becomes, and run nothing." };
        Option<string?> resume = new("--resume") { Description = "Go on with an experiment that was interrupted.", HelpName = "ID" };
        Option<string> log = new("--log") { Description = "What is told beside progress: debug, info, warn or error.", HelpName = "LEVEL", DefaultValueFactory = static _ => "error" };
        Option<string?> user = new("--user") { Description = "Accepted and left out: experiments belong to whoever has the data folder.", HelpName = "NAME" };
        Option<double?> sleep = new("--sleep") { Description = "Accepted and left out: nothing is polled.", HelpName = "SECONDS" };
        Option<bool> dashboard = new("--launch_dashboard") { Description = "Accepted and left out: look with hpo experiment." };
        Option<int?> port = new("--dashboard_port") { Description = "Accepted and left out.", HelpName = "PORT" };
        Option<bool> json = new("--json") { Description = "Print the result as one JSON object." };
        Option<string> data = DataOption.Create();
        CliCommand command = new(
            "aup",
            "Run an experiment file of Auptimizer on this machine, or on the machines of its env.ini. Exit codes: 0 done, 1 the experiment failed, 2 invalid input, 130 interrupted.",
            "hpo aup examples/aup/random.json",
            "hpo aup experiment.json --test",
            "hpo aup experiment.json --show",
            "hpo aup --resume my-experiment-0123456789abc")
        {
            file,
            folder,
            test,
            show,
            resume,
            log,
            user,
            sleep,
            dashboard,
            port,
            json,
            data,
        };
        command.SetAction((parsed, cancellation) =>
        {
            string dataFolder = DataOption.Path(parsed, data, context);
            AupRun run = new(context, dataFolder, parsed.GetValue(json), LevelOf(parsed.GetRequiredValue(log)));
            if (parsed.GetValue(resume) is { } id)
            {
                return parsed.GetValue(file) is { } given
                    ? throw new InvalidInputException(new Fault("EXPERIMENT", JsonSerializer.Serialize(given), "must be left out with --resume: the experiment stays as it was defined"))
                    : run.ResumeAsync(id, cancellation);
            }

            string name = parsed.GetValue(file) ?? throw new InvalidInputException(new Fault("EXPERIMENT", null, "is missing: name an experiment file, or --resume ID"));
            string python = context.Variable("HPO_PYTHON") is { Length: > 0 } chosen ? chosen : "python3";
            AupExperiment experiment = new AupReader(context.CurrentDirectory, parsed.GetValue(folder), Installed(dataFolder), python).Read(name);
            foreach (string remark in experiment.Remarks.Concat(Unheeded()))
            {
                context.Error.WriteLine($"note: {remark}");
            }

            if (parsed.GetValue(show))
            {
                new Printer(context).Json(experiment.Project.ToJson());
                return Task.FromResult(ExitCode.Done);
            }

            return run.StartAsync(experiment, parsed.GetValue(test), cancellation);

            IEnumerable<string> Unheeded() => new (string Name, bool IsGiven, string Why)[]
            {
                (user.Name, parsed.GetValue(user) is not null, "experiments belong to whoever has the data folder"),
                (sleep.Name, parsed.GetValue(sleep) is not null, "nothing is polled"),
                (dashboard.Name, parsed.GetValue(dashboard), "look with hpo experiment list, show, trials and explain"),
                (port.Name, parsed.GetValue(port) is not null, "there is no dashboard of this command"),
            }.Where(option => option.IsGiven).Select(option => $"{option.Name} is left out: {option.Why}");
        });
        yield return command;
    }

    /// <summary>Names of the sites in the data folder, and of those in the environment.</summary>
    private static HashSet<string> Installed(string dataFolder) => SitesFile.Names(dataFolder)
        .Concat(new ConfigurationBuilder().AddEnvironmentVariables($"{SiteRegistry.Section}__").Build().GetChildren().Select(site => site.Key))
        .ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static LogLevel LevelOf(string text) => text switch
    {
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => throw new InvalidInputException(new Fault("--log", $"\"{text}\"", "must be debug, info, warn or error")),
    };
}
