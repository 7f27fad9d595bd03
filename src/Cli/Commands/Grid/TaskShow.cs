using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid;
using HpoServerless.Adapters.Grid.Monitor;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The command <c>tasks show</c>.</summary>
internal sealed class TaskShow
{
    private const int MostDays = 36_500;
    private const string Metadata = "metastruct";

    private static readonly ImmutableArray<string> FileColumns = ["jeditaskid", "status", "taskname", "computingsite", "site", Metadata];
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Option<string?> _user = new("--username", "-u") { Description = "Whose tasks. Without it: whoever asks; % or * for anybody's.", HelpName = "NAME" };
    private readonly Option<int> _limit = new("--limit", "-l") { Description = "Most tasks.", HelpName = "N", DefaultValueFactory = static _ => 1000 };
    private readonly Option<int> _days = new("--days", "-d") { Description = "Tasks of the last so many days.", HelpName = "N", DefaultValueFactory = static _ => 30 };
    private readonly Option<string?> _name = new("--taskname", "-n") { Description = "Name, with * for anything.", HelpName = "NAME" };
    private readonly Option<string?> _ids = new("--jeditaskid", "-i") { Description = "Numbers of tasks, separated by commas or |.", HelpName = "ID" };
    private readonly Option<bool> _metadata = new("--metadata", "-m") { Description = "Fetch what the jobs left as metadata, for --output, --outcol and --json." };
    private readonly Option<bool> _sync = new("--sync", "-s") { Description = "Have the monitor look anew." };
    private readonly Option<string?> _range = new("--range", "-r") { Description = "Numbers from A to B, both included: A-B, A-; --range=-B for all up to B.", HelpName = "A-B" };
    private readonly Option<string?> _status = new("--status") { Description = "Statuses, separated by commas.", HelpName = "STATUS" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Write the tasks to a file, as a JSON object from index to columns.", HelpName = "FILE" };
    private readonly Option<string[]> _columns = new("--outcol", "-c") { Description = $"Columns of --output and --json. [default: {string.Join(' ', FileColumns)}]", HelpName = "COLUMN", AllowMultipleArgumentsPerToken = true };
    private readonly Option<bool> _server = new("--server") { Description = "Ask the PanDA server for tasks of whoever asks, not the monitor (PANDAMON_URL)." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object a task, a line each." };

    public static Command Create(CliContext context)
    {
        TaskShow show = new();
        CliCommand command = new(
            "show",
            "Show tasks: number, status, how much is finished, and name. Exit codes: 0 shown; 2 invalid input; 3 the monitor or the server is unreachable or refused.",
            "hpo tasks show",
            "hpo tasks show -n 'user.alice.hpo.*' -d 7 -r 12345678-12345690",
            "hpo tasks show -i 12345678 -m -o tasks.json -c jeditaskid status metastruct")
        {
            show._user, show._limit, show._days, show._name, show._ids, show._metadata, show._sync, show._range, show._status, show._output, show._columns, show._server, show._json,
        };
        command.SetAction((parsed, cancellation) => show.RunAsync(parsed, context, cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CliContext context, CancellationToken cancellation)
    {
        PandaConnection connection = PandaConnection.FromEnvironment(context.Variable);
        bool server = parsed.GetValue(_server);
        TaskQuery query = Query(parsed, connection, server);
        ImmutableArray<JsonObject> tasks;
        if (server)
        {
            using PandaClient client = new(connection, context.Time, context.IsErrorTerminal ? context.Error.WriteLine : null);
            tasks = await new ServerTasks(client, context.Time).ListAsync(query, cancellation);
        }
        else
        {
            Uri monitor = BigPandaClient.AddressFrom(context.Variable);
            using HttpClient http = GridHttp.Create(connection, context.Time);
            tasks = await new BigPandaClient(monitor, http, context.Time).ListAsync(query, cancellation);
        }

        string[] columns = parsed.GetValue(_columns) is { Length: > 0 } chosen ? [.. chosen.SelectMany(column => column.Split(',', StringSplitOptions.RemoveEmptyEntries))] : [.. FileColumns];
        if (parsed.GetValue(_output) is { } file)
        {
            await WriteAsync(Path.GetFullPath(file, context.CurrentDirectory), tasks, columns, cancellation);
            context.Error.WriteLine($"{tasks.Length} tasks are in {file}");
        }

        Print(new(context), tasks, columns, parsed.GetValue(_json));
        string[] unknown = [.. columns.Where(column => column != Metadata && !tasks.Any(task => task.ContainsKey(column)))];
        if (parsed.GetValue(_columns) is { Length: > 0 } && tasks.Length > 0 && unknown.Length > 0)
        {
            string[] known = [.. tasks.SelectMany(task => task.Select(member => member.Key)).Append(Metadata).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            context.Error.WriteLine($"note: no task has {string.Join(", ", unknown)}; columns are {string.Join(", ", known)}");
        }

        return ExitCode.Done;
    }

    private TaskQuery Query(ParseResult parsed, PandaConnection connection, bool server)
    {
        List<Fault> faults = [];
        TaskRange? range = TaskRange.Read(parsed.GetValue(_range), faults);
        List<long> ids = [];
        foreach (string id in (parsed.GetValue(_ids) ?? string.Empty).Split([',', '|', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            if (long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                ids.Add(number);
            }
            else
            {
                faults.Add(new("--jeditaskid", JsonSerializer.Serialize(id), "must be a number of a task"));
            }
        }

        Need("--limit", parsed.GetValue(_limit), int.MaxValue);
        Need("--days", parsed.GetValue(_days), MostDays);
        string? user = parsed.GetValue(_user);
        if (user is null && !server && ids.Count == 0 && (user = PandaIdentity.NameOf(connection)) is null)
        {
            faults.Add(new("--username", null, "is missing: there is no grid proxy and no token that would say who asks; give a name, or * for anybody's tasks; 'hpo tasks show --server' signs in where PANDA_AUTH is oidc"));
        }

        return faults.Count > 0 ? throw new InvalidInputException([.. faults]) : new()
        {
            User = user is "*" or "%" ? null : user,
            Limit = parsed.GetValue(_limit),
            Days = server && ids.Count > 0 ? null : parsed.GetValue(_days),
            Name = parsed.GetValue(_name),
            Ids = ids,
            Statuses = (parsed.GetValue(_status) ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            From = range?.From,
            To = range?.To,
            WithMetadata = parsed.GetValue(_metadata),
            Sync = parsed.GetValue(_sync),
        };

        void Need(string name, int value, int most)
        {
            if (value < 1 || value > most)
            {
                faults.Add(new(name, value.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"must be from 1 to {most}")));
            }
        }
    }

    private static async Task WriteAsync(string file, ImmutableArray<JsonObject> tasks, string[] columns, CancellationToken cancellation)
    {
        JsonObject all = [];
        for (int i = 0; i < tasks.Length; i++)
        {
            all[i.ToString(CultureInfo.InvariantCulture)] = Selected(tasks[i], columns);
        }

        try
        {
            await File.WriteAllTextAsync(file, all.ToJsonString(Indented) + "\n", cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Fault("--output", file, "must be a file that can be written"));
        }
    }

    private static void Print(Printer printer, ImmutableArray<JsonObject> tasks, string[] columns, bool asJson)
    {
        if (asJson)
        {
            foreach (JsonObject task in tasks)
            {
                printer.JsonLine(Selected(task, columns));
            }

            return;
        }

        printer.Table(
            ["JediTaskID", "Status", "Fin%", "TaskName"],
            [.. tasks.Select(task => (IReadOnlyList<string>)[Text(task["jeditaskid"]), Text(task["status"]), Text(task["dsinfo"] is JsonObject files ? files["pctfinished"] : null), Text(task["taskname"])])],
            column: 1,
            Colour);
    }

    /// <summary>Green for what went well, red for what did not, yellow for both, blue for what is under way.</summary>
    private static string Colour(string status) => status switch
    {
        "done" => "green",
        "finished" => "yellow",
        "failed" or "broken" or "aborted" or "exhausted" or "toabort" or "aborting" or "tobroken" => "red",
        "running" or "scouting" or "scouted" or "finishing" or "passed" => "blue",
        _ => "default",
    };

    private static JsonObject Selected(JsonObject task, string[] columns) =>
        new(columns.Select(column => KeyValuePair.Create(column, (column == Metadata ? task[Metadata] ?? task["jobs_metadata"] : task[column])?.DeepClone())));

    private static string Text(JsonNode? value) => value is null ? "-" : value.ToString();
}
