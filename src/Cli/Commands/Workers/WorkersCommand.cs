using System.CommandLine;
using System.Globalization;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Cli.Output;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Workers;

/// <summary>The command <c>workers</c>: who is there, and what they run.</summary>
internal static class WorkersCommand
{
    public static Command Create(CliContext context)
    {
        Option<bool> json = new("--json") { Description = "Print one JSON line a worker." };
        Option<string?> drain = new("--drain") { Description = "Have this worker (its name or id) take nothing new and end when it has ended what it runs.", HelpName = "WORKER" };
        ConnectionOptions connection = new();
        CliCommand command = new(
            "workers",
            "List the workers of a service: name, host, state, what they run and when they were last heard of. Those that were lost are listed for an hour. Exit codes: 0 done, 2 wrong input, 3 the service is unreachable or refused.",
            "hpo workers --url http://127.0.0.1:7071",
            "hpo workers --json",
            "hpo workers --drain ant")
        {
            json,
            drain,
        };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            (Uri address, string key) = connection.Service(parsed, context);
            using ServiceClient service = new(address, key);
            WorkersView workers = await service.SendAsync<WorkersView>(HttpMethod.Get, "workers", cancellation);
            if (parsed.GetValue(drain) is { } wanted)
            {
                await DrainAsync(service, workers, wanted, context, cancellation);
                return;
            }

            Print(new(context), workers, parsed.GetValue(json), context.Time.GetUtcNow());
        });
        return command;
    }

    private static async Task DrainAsync(ServiceClient service, WorkersView workers, string wanted, CliContext context, CancellationToken cancellation)
    {
        WorkerView[] meant = [.. workers.Value.Where(worker => worker.State is not ("lost" or "asking") && (worker.Worker == wanted || worker.Name == wanted))];
        if (meant.Length == 0)
        {
            throw new Engine.Errors.NotFoundException("worker", wanted);
        }

        foreach (WorkerView worker in meant)
        {
            await service.SendAsync<object?>(HttpMethod.Post, $"workers/{Uri.EscapeDataString(worker.Worker)}/drain", cancellation);
            context.Output.WriteLine($"{worker.Name} takes nothing new, and ends when it has ended {worker.Running.Length} trials");
        }
    }

    private static void Print(Printer printer, WorkersView workers, bool asJson, DateTimeOffset now)
    {
        if (asJson)
        {
            foreach (WorkerView worker in workers.Value)
            {
                printer.Line(CliJson.Line(worker));
            }
        }
        else if (workers.Value.IsEmpty)
        {
            printer.Note("no worker is there; 'hpo worker --url URL' starts one");
        }
        else
        {
            printer.Table(["worker", "host", "site", "state", "slots", "runs", "last seen"], [.. workers.Value.Select(worker => Row(worker, now))]);
        }
    }

    private static IReadOnlyList<string> Row(WorkerView worker, DateTimeOffset now) =>
    [
        worker.Name,
        worker.Host,
        worker.Site,
        worker.State,
        string.Create(CultureInfo.InvariantCulture, $"{worker.Running.Length}/{worker.Slots}"),
        worker.Running.IsEmpty ? "-" : string.Join(", ", worker.Running.Select(run => string.Create(CultureInfo.InvariantCulture, $"{run.Experiment} trial {run.Trial}"))),
        string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (now - worker.LastSeen).TotalSeconds):0} s ago"),
    ];
}
