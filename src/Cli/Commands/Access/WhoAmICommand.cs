using System.CommandLine;
using System.Globalization;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Cli.Output;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Access;

/// <summary>The commands <c>whoami</c> and <c>audit</c>.</summary>
internal static class WhoAmICommand
{
    public static IEnumerable<Command> Create(CliContext context)
    {
        Option<bool> json = new("--json") { Description = "Print one JSON line." };
        ConnectionOptions connection = new();
        CliCommand command = new(
            "whoami",
            "Show who you are to a service: user, roles, quotas and how much of them is used. Exit codes: 0 done, 2 wrong input, 3 the service is unreachable or refused.",
            "hpo whoami --url http://127.0.0.1:7071",
            "HPO_URL=https://my-service.example HPO_KEY_FILE=~/.hpo-key hpo whoami --json")
        {
            json,
        };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using ServiceClient service = connection.Client(parsed, context);
            MeView me = await service.SendAsync<MeView>(HttpMethod.Get, "me", cancellation);
            Printer printer = new(context);
            if (parsed.GetValue(json))
            {
                printer.Line(CliJson.Line(me));
                return;
            }

            printer.Line($"user   {(me.Name == me.User ? me.User : $"{me.Name} ({me.User})")}");
            printer.Line($"roles  {string.Join(", ", me.Roles)}");
            printer.Line($"sees   {(me.Sees == "all" ? "everybody's experiments" : "its own experiments")}");
            printer.Table(
                ["quota", "used", "limit"],
                [
                    ["experiments that have not ended", Shown(me.Use?.Experiments), Limit(me.Quotas.Experiments)],
                    ["trials at once", Shown(me.Use?.Trials), Limit(me.Quotas.Trials)],
                    [$"cost within {me.CostDays} days", Shown(me.Use?.Cost), Limit(me.Quotas.Cost)],
                ]);
        });
        yield return command;
        yield return AuditCommand.Create(context);
    }

    private static string Shown(double? value) => value?.ToString("0.##", CultureInfo.InvariantCulture) ?? "-";

    private static string Limit(int? limit) => limit?.ToString(CultureInfo.InvariantCulture) ?? "none";
}
