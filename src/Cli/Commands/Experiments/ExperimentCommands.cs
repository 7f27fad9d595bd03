using System.CommandLine;
using System.Globalization;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>The command <c>experiment</c>: looks at experiments and steers them, in a service or in a data folder.</summary>
internal static class ExperimentCommands
{
    public static IEnumerable<Command> Create(CliContext context)
    {
        yield return new CliCommand(
            "experiment",
            "Look at experiments and steer them: those of a service with --url, otherwise those in the data folder. Exit codes: 0 done, 2 wrong input, 3 the service is unreachable or refused.",
            "hpo experiment list",
            "hpo experiment trials my-experiment --sort value --limit 10",
            "hpo experiment explain my-experiment 17",
            "hpo experiment logs my-experiment 17",
            "hpo experiment stop my-experiment --url http://127.0.0.1:7071")
        {
            List(context),
            Show(context),
            Trials(context),
            Explain(context),
            Logs(context),
            Steer(context, ExperimentCommand.Stop, "End an experiment: running trials are stopped, nothing new is started."),
            Steer(context, ExperimentCommand.Pause, "Start nothing new in an experiment until it is resumed."),
            Steer(context, ExperimentCommand.Resume, "Go on with a paused experiment."),
            TellCommand.Create(context),
            Delete(context),
        };
    }

    private static CliCommand List(CliContext context)
    {
        Option<bool> json = JsonOption("Print one JSON line an experiment.");
        Option<int> limit = LimitOption();
        CliCommand command = new("list", "List experiments, newest first.", "hpo experiment list --limit 5", "hpo experiment list --json") { json, limit };
        OnClient(command, context, async (client, parsed, cancellation) =>
        {
            List<ExperimentView> views = await TakeAsync(client.ListAsync(cancellation), parsed.GetValue(limit));
            Printer printer = new(context);
            if (parsed.GetValue(json))
            {
                views.ForEach(view => printer.Line(CliJson.Line(ExperimentResult.Of(view))));
            }
            else if (views.Count == 0)
            {
                printer.Note("there is no experiment yet");
            }
            else
            {
                printer.Table(["experiment", "status", "trials", "failed", "best", "created"], [.. views.Select(Row)]);
            }
        });
        return command;
    }

    private static CliCommand Show(CliContext context)
    {
        Argument<string> id = IdArgument();
        Option<bool> json = JsonOption("Print JSON.");
        CliCommand command = new("show", "Show where an experiment stands.", "hpo experiment show my-experiment") { id, json };
        OnClient(command, context, async (client, parsed, cancellation) =>
        {
            ExperimentView view = await client.FindAsync(parsed.GetRequiredValue(id), cancellation);
            Printer printer = new(context);
            if (parsed.GetValue(json))
            {
                printer.Line(CliJson.Line(view));
            }
            else
            {
                printer.Members(System.Text.Json.JsonSerializer.SerializeToElement(view with { Front = null, Hypervolume = null, Remarks = null }, EngineJson.Options), "trials", "best", "warmStart");
                foreach (string remark in view.Remarks ?? [])
                {
                    printer.Line(remark);
                }

                if (FrontTable.Line(view) is { } front)
                {
                    printer.Line(front);
                    FrontTable.Print(printer, view);
                }
            }
        });
        return command;
    }

    private static CliCommand Trials(CliContext context)
    {
        const string ByNumber = "number";
        const string ByValue = "value";
        Argument<string> id = IdArgument();
        Option<bool> json = JsonOption("Print one JSON line a trial.");
        Option<int> limit = LimitOption();
        Option<string> sort = new("--sort") { Description = "Order: by number, or by value, best first.", HelpName = "number|value", DefaultValueFactory = static _ => ByNumber };
        sort.AcceptOnlyFromAmong(ByNumber, ByValue);
        CliCommand command = new("trials", "List the trials of an experiment.", "hpo experiment trials my-experiment --sort value --limit 10", "hpo experiment trials my-experiment --json") { id, json, limit, sort };
        OnClient(command, context, async (client, parsed, cancellation) =>
        {
            string name = parsed.GetRequiredValue(id);
            ExperimentView view = await client.FindAsync(name, cancellation);
            bool byValue = parsed.GetRequiredValue(sort) == ByValue;
            List<TrialView> trials = await TakeAsync(client.TrialsAsync(name, cancellation), byValue ? int.MaxValue : parsed.GetValue(limit));
            if (byValue)
            {
                trials = [.. trials.BestFirst(view).Take(parsed.GetValue(limit))];
            }

            Printer printer = new(context);
            if (parsed.GetValue(json))
            {
                trials.ForEach(trial => printer.Line(CliJson.Line(TrialLine.Of(trial))));
            }
            else
            {
                TrialTable.Print(printer, view, trials);
            }
        });
        return command;
    }

    private static CliCommand Explain(CliContext context)
    {
        Argument<string> id = IdArgument();
        Argument<int?> trial = new("TRIAL") { Description = "Number of one trial. Without it: the experiment and all trials.", Arity = ArgumentArity.ZeroOrOne };
        CliCommand command = new("explain", "Say what was decided, and why: what was compared with what.", "hpo experiment explain my-experiment", "hpo experiment explain my-experiment 17") { id, trial };
        OnClient(command, context, (client, parsed, cancellation) => parsed.GetValue(trial) is { } number
            ? new Explanation(context).PrintAsync(client, parsed.GetRequiredValue(id), number, cancellation)
            : new Explanation(context).PrintAsync(client, parsed.GetRequiredValue(id), cancellation));
        return command;
    }

    private static CliCommand Logs(CliContext context)
    {
        Argument<string> id = IdArgument();
        Argument<int> trial = new("TRIAL") { Description = "Number of the trial." };
        CliCommand command = new("logs", "Print what a trial printed, wherever it ran.", "hpo experiment logs my-experiment 17") { id, trial };
        OnClient(command, context, async (client, parsed, cancellation) =>
            context.Output.Write(await client.LogAsync(parsed.GetRequiredValue(id), parsed.GetValue(trial), cancellation)));
        return command;
    }

    private static CliCommand Steer(CliContext context, ExperimentCommand steering, string description)
    {
        string name = steering.ToString().ToLowerInvariant();
        Argument<string> id = IdArgument();
        CliCommand command = new(name, description, $"hpo experiment {name} my-experiment") { id };
        OnClient(command, context, async (client, parsed, cancellation) =>
        {
            string experiment = parsed.GetRequiredValue(id);
            string? remark = await client.CommandAsync(experiment, steering, cancellation);
            ExperimentView view = await client.FindAsync(experiment, cancellation);
            context.Output.WriteLine($"{experiment} was told to {name}; it is {view.Status.ToString().ToLowerInvariant()}");
            if (remark is not null)
            {
                context.Error.WriteLine(remark);
            }
        });
        return command;
    }

    private static CliCommand Delete(CliContext context)
    {
        Argument<string> id = IdArgument();
        CliCommand command = new("delete", "Remove an ended experiment and all that belongs to it.", "hpo experiment delete my-experiment") { id };
        OnClient(command, context, async (client, parsed, cancellation) =>
        {
            await client.DeleteAsync(parsed.GetRequiredValue(id), cancellation);
            context.Output.WriteLine($"removed {parsed.GetRequiredValue(id)}");
        });
        return command;
    }

    private static void OnClient(Command command, CliContext context, Func<IExperimentClient, ParseResult, CancellationToken, Task> run)
    {
        ConnectionOptions connection = new();
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using IExperimentClient client = connection.Open(parsed, context);
            await run(client, parsed, cancellation);
        });
    }

    private static async Task<List<T>> TakeAsync<T>(IAsyncEnumerable<T> items, int limit)
    {
        List<T> taken = [];
        await foreach (T item in items)
        {
            if (taken.Count >= limit)
            {
                break;
            }

            taken.Add(item);
        }

        return taken;
    }

    private static IReadOnlyList<string> Row(ExperimentView view) =>
    [
        view.Id,
        view.Status.ToString().ToLowerInvariant(),
        string.Create(CultureInfo.InvariantCulture, $"{view.Trials.Ended}/{view.NumTrials}"),
        view.Trials.Failed.ToString(CultureInfo.InvariantCulture),
        view.Best is { } best ? string.Create(CultureInfo.InvariantCulture, $"{view.Metric} {best.Value:G6} (trial {best.Trial})") : "-",
        view.CreatedAt.ToString("u", CultureInfo.InvariantCulture),
    ];

    private static Argument<string> IdArgument() => new("ID") { Description = "Id of the experiment; 'hpo experiment list' shows them." };

    private static Option<bool> JsonOption(string description) => new("--json") { Description = description };

    private static Option<int> LimitOption() => new("--limit") { Description = "At most this many.", HelpName = "N", DefaultValueFactory = static _ => int.MaxValue };
}
