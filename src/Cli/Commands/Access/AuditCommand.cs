using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Access;

/// <summary>The command <c>audit</c>: who did what.</summary>
internal static class AuditCommand
{
    private const int PageSize = 500;

    public static Command Create(CliContext context)
    {
        Option<string?> from = new("--from") { Description = "Not before this time, such as 2026-01-31T08:00:00Z.", HelpName = "TIME" };
        Option<string?> to = new("--to") { Description = "Before this time.", HelpName = "TIME" };
        Option<string?> user = new("--user") { Description = "By this user: name of a key, or object id in Entra.", HelpName = "ID" };
        Option<string?> experiment = new("--experiment") { Description = "With this experiment.", HelpName = "ID" };
        Option<int> limit = new("--limit") { Description = "Most entries.", HelpName = "N", DefaultValueFactory = static _ => 100 };
        Option<bool> json = new("--json") { Description = "Print one JSON line an entry." };
        ConnectionOptions connection = new();
        CliCommand command = new(
            "audit",
            "Show who changed what in a service, allowed or refused, newest first. For operators. Exit codes: 0 done, 2 wrong input, 3 the service is unreachable or refused.",
            "hpo audit --url http://127.0.0.1:7071",
            "hpo audit --user alice --from 2026-01-31 --json",
            "hpo audit --experiment my-experiment")
        {
            from,
            to,
            user,
            experiment,
            limit,
            json,
        };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            int most = parsed.GetValue(limit);
            if (most < 1)
            {
                throw new InvalidInputException(new Fault(limit.Name, most.ToString(CultureInfo.InvariantCulture), "must be at least 1"));
            }

            string query = string.Concat(
                ((ReadOnlySpan<Option<string?>>)[from, to, user, experiment]).ToArray()
                    .Where(option => parsed.GetValue(option) is { Length: > 0 })
                    .Select(option => $"&{option.Name[2..]}={Uri.EscapeDataString(parsed.GetValue(option)!)}"));
            using ServiceClient service = connection.Client(parsed, context);
            Print(new(context), await ReadAsync(service, query, most, cancellation), parsed.GetValue(json));
        });
        return command;
    }

    private static async Task<List<AuditView>> ReadAsync(ServiceClient service, string query, int most, CancellationToken cancellation)
    {
        List<AuditView> entries = [];
        string? next = string.Create(CultureInfo.InvariantCulture, $"audit?limit={Math.Min(most, PageSize)}{query}");
        while (next is not null && entries.Count < most)
        {
            AuditPage page = await service.SendAsync<AuditPage>(HttpMethod.Get, next, cancellation);
            entries.AddRange(page.Value.Take(most - entries.Count));
            next = page.NextLink is { } link ? $"audit{new Uri(link).Query}" : null;
        }

        return entries;
    }

    private static void Print(Printer printer, List<AuditView> entries, bool asJson)
    {
        if (asJson)
        {
            foreach (AuditView entry in entries)
            {
                printer.Line(CliJson.Line(entry));
            }
        }
        else if (entries.Count == 0)
        {
            printer.Note("nothing was noted");
        }
        else
        {
            printer.Table(["time", "user", "role", "action", "target", "status", "trace"], [.. entries.Select(Row)]);
        }
    }

    private static IReadOnlyList<string> Row(AuditView entry) =>
    [
        entry.At.ToString("u", CultureInfo.InvariantCulture),
        entry.Name == entry.User ? entry.User : $"{entry.Name} ({entry.User})",
        entry.Role,
        entry.Action,
        entry.Target,
        entry.Status.ToString(CultureInfo.InvariantCulture),
        entry.TraceId,
    ];

    private sealed record AuditPage(ImmutableArray<AuditView> Value, string? NextLink);
}
