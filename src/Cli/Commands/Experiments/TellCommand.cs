using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>The command <c>experiment tell</c>: answers a trial that waits for a person.</summary>
internal static class TellCommand
{
    public static CliCommand Create(CliContext context)
    {
        Argument<string> id = new("ID") { Description = "Id of the experiment; 'hpo experiment list' shows them." };
        Argument<int?> trial = new("TRIAL") { Description = "Number of the trial. Default: the one that waits for an answer.", Arity = ArgumentArity.ZeroOrOne };
        Option<string[]> metrics = new("--metric") { Description = "What came out; may be given several times.", HelpName = "NAME=VALUE" };
        Option<string?> failed = new("--failed") { Description = "The trial failed, in place of metrics.", HelpName = "WHY" };
        Option<long?> step = new("--step") { Description = "How far the trial is; then it is no end but a report, and the answer says how to go on.", HelpName = "N" };
        ConnectionOptions connection = new();
        CliCommand command = new(
            "tell",
            "Show the trial that waits for an answer by hand (sites of type passive), or answer it. It needs the service that runs the experiment.",
            "hpo experiment tell my-experiment",
            "hpo experiment tell my-experiment --metric loss=0.25",
            "hpo experiment tell my-experiment 3 --failed \"it does not fit\"")
        {
            id,
            trial,
            metrics,
            failed,
            step,
        };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            JsonObject? told = Told(parsed.GetValue(metrics) ?? [], parsed.GetValue(failed), parsed.GetValue(trial), parsed.GetValue(step));
            (Uri address, string key) = connection.Service(parsed, context);
            using ServiceClient service = new(address, key);
            string path = $"experiments/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}";
            if (told is null)
            {
                await ShowAsync(service, path, context, cancellation);
                return;
            }

            TellView next = await service.SendJsonAsync<TellView>(HttpMethod.Put, $"{path}/tell", JsonSerializer.SerializeToElement(told), cancellation);
            context.Output.WriteLine(
                next.Over ? "taken"
                : next.Until is { } until ? string.Create(CultureInfo.InvariantCulture, $"taken; go on, and tell step {until}")
                : "taken; go on to the end");
        });
        return command;
    }

    /// <summary>What is told; null where nothing is.</summary>
    /// <exception cref="InvalidInputException">Lists everything that is wrong.</exception>
    private static JsonObject? Told(string[] metrics, string? failed, int? trial, long? step)
    {
        List<Fault> faults = [];
        JsonObject values = [];
        foreach (string metric in metrics)
        {
            int mark = metric.IndexOf('=', StringComparison.Ordinal);
            if (mark < 1 || !double.TryParse(metric[(mark + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
            {
                faults.Add(new("--metric", metric, "must be NAME=VALUE with a number, such as loss=0.25"));
            }
            else if (!values.TryAdd(metric[..mark], JsonValue.Create(value)))
            {
                faults.Add(new("--metric", metric, $"must be given once for each metric, and {metric[..mark]} was given before"));
            }
        }

        if (failed is not null && metrics.Length > 0)
        {
            faults.Add(new("--failed", failed, "must not stand beside --metric"));
        }

        if (failed is not null && string.IsNullOrWhiteSpace(failed))
        {
            faults.Add(new("--failed", $"\"{failed}\"", "must say why the trial failed"));
        }

        if (step is not null && metrics.Length == 0)
        {
            faults.Add(new("--step", step.Value.ToString(CultureInfo.InvariantCulture), "must stand beside --metric: it says how far the trial was when they were measured"));
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        return failed is null && metrics.Length == 0 ? null : new()
        {
            ["trial"] = trial,
            ["metrics"] = failed is null ? values : null,
            ["error"] = failed,
            ["step"] = step,
        };
    }

    private static async Task ShowAsync(ServiceClient service, string path, CliContext context, CancellationToken cancellation)
    {
        AskView? asked = await service.SendJsonAsync<AskView?>(HttpMethod.Post, $"{path}/ask", JsonSerializer.SerializeToElement(new { client = "tell" }), cancellation);
        if (asked is null)
        {
            context.Error.WriteLine("no trial waits for an answer now");
            return;
        }

        TrialQuestion.Print(new(context), asked.Trial, asked.Configuration);
        context.Error.WriteLine($"answer with --metric {asked.Metric}=VALUE, or with --failed WHY");
    }
}
