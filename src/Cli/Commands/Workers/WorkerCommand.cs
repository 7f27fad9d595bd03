using System.CommandLine;
using System.Text.Json;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Workers;

/// <summary>The command <c>worker</c>: fetches trials of a service and runs them on this machine.</summary>
internal static class WorkerCommand
{
    private const int MostSlots = 1024;
    private const double ReconnectS = 600;

    public static IEnumerable<Command> Create(CliContext context)
    {
        Option<string?> experiment = new("--experiment") { Description = "Work for this experiment alone, and end with it.", HelpName = "ID" };
        Option<string?> site = new("--site") { Description = "Site of type workers to work for. Default: the only one that the service has.", HelpName = "NAME" };
        Option<int> slots = new("--n") { Description = "Trials that run at the same time.", HelpName = "N", DefaultValueFactory = static _ => 1 };
        Option<double?> idle = new("--timeout") { Description = "End after so long without anything to do. Default: never.", HelpName = "SECONDS" };
        Option<double> reconnect = new("--reconnect") { Description = "How long the service may be away before the worker gives up.", HelpName = "SECONDS", DefaultValueFactory = static _ => ReconnectS };
        Option<string?> name = new("--name") { Description = "What 'hpo workers' calls it. Default: the machine and the process.", HelpName = "NAME" };
        Option<string[]> labels = new("--label") { Description = "What people want to know about it (gpu); may be given several times.", HelpName = "TEXT" };
        Option<bool> json = new("--json") { Description = "Print one JSON line an event: registered, leased, over, draining, ended." };
        ConnectionOptions connection = new();
        CliCommand command = new(
            "worker",
            "Fetch trials of a service and run them on this machine. Ctrl-C: takes nothing new, pauses what can go on elsewhere from a checkpoint and finishes the rest; Ctrl-C again: ends at once, and others start what ran. "
            + "Exit codes: 0 ended because it was asked to, idle or done, 2 wrong input, 3 the service is unreachable or refused, 130 ended at once.",
            "hpo worker --url https://my-service.example --n 4",
            "hpo worker --url http://127.0.0.1:7071 --data /srv/hpo --timeout 300",
            "HPO_URL=https://my-service.example HPO_KEY_FILE=~/.hpo-key hpo worker --experiment my-experiment --label gpu")
        {
            experiment,
            site,
            slots,
            idle,
            reconnect,
            name,
            labels,
            json,
        };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            List<Fault> faults = [];
            Need(parsed.GetValue(slots) is >= 1 and <= MostSlots, slots, parsed.GetValue(slots), $"must be 1 to {MostSlots}");
            Need(parsed.GetValue(idle) is null or > 0, idle, parsed.GetValue(idle), "must be a number of seconds above 0");
            Need(parsed.GetValue(reconnect) >= 0, reconnect, parsed.GetValue(reconnect), "must be a number of seconds of at least 0");
            if (faults.Count > 0)
            {
                throw new InvalidInputException([.. faults]);
            }

            (Uri address, string key) = connection.Service(parsed, context);
            if (key.StartsWith(ServiceClient.TokenScheme, StringComparison.Ordinal))
            {
                throw new InvalidInputException(new Fault("--key", null, "is missing: a worker needs a key, because tokens of Microsoft Entra ID end within hours; an operator gives out keys with the role worker"));
            }

            string settings = JsonSerializer.Serialize(new
            {
                url = address.AbsoluteUri,
                key,
                experiment = parsed.GetValue(experiment),
                site = parsed.GetValue(site),
                n = parsed.GetValue(slots),
                idle_s = parsed.GetValue(idle),
                retry_s = parsed.GetValue(reconnect),
                name = parsed.GetValue(name),
                labels = parsed.GetValue(labels) ?? [],
                allow_http = address.Scheme == "http", // the options would have refused it otherwise
                json = parsed.GetValue(json),
            });
            return await new PullProcess(context).RunAsync(settings, cancellation);

            void Need(bool holds, Option option, object? value, string rule)
            {
                if (!holds)
                {
                    faults.Add(new(option.Name, value?.ToString(), rule));
                }
            }
        });
        yield return command;
        yield return WorkersCommand.Create(context);
    }
}
