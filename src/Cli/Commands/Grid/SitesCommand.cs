using System.Collections.Immutable;
using System.CommandLine;
using HpoServerless.Adapters.Grid;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Adapters.Grid.Queues;
using HpoServerless.Cli.Output;
using HpoServerless.LocalHost;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The command <c>sites</c>: where trials can run.</summary>
internal sealed class SitesCommand
{
    private static readonly ImmutableArray<string> Information = ["state", "status", "maxinputsize", "maxmemory", "maxtime"];

    private readonly Option<string> _name = new("--name_filter", "-n") { Description = "Name of queues, with * and ?.", HelpName = "GLOB", DefaultValueFactory = static _ => "*" };
    private readonly Option<bool> _nonGpu = new("--non_gpu", "-g", "--all_sites") { Description = "Show queues without GPUs, too." };
    private readonly Option<bool> _nonActive = new("--non_active", "-a", "--all_status") { Description = "Show queues that take no jobs, too." };
    private readonly Option<string[]> _types = new("--site_type", "-t") { Description = "Types of queues. [default: analysis unified]", HelpName = "TYPE", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _info = new("--info", "-i") { Description = $"What is shown of each, by the names of the catalogue. [default: {string.Join(' ', Information)}]", HelpName = "FIELD", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _source = new("--source") { Description = "File or address of the catalogue. [default: the copy in CVMFS where it is there, else CRIC]", HelpName = "FILE|URL" };
    private readonly Option<bool> _installed = new("--installed") { Description = "Show the sites of this installation only." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object a site, a line each." };

    public static IEnumerable<Command> Create(CliContext context)
    {
        SitesCommand sites = new();
        Option<string> data = DataOption.Create();
        CliCommand command = new(
            "sites",
            "List where trials can run: the sites of this installation, which hpo_config and --site name, and the grid's queues, which grid_config and sites of type panda name.",
            "hpo sites --installed",
            "hpo sites -n 'ANALY_*'",
            "hpo sites --source pandaqueue.json -g -a -i state corepower corecount")
        {
            sites._name, sites._nonGpu, sites._nonActive, sites._types, sites._info, sites._source, sites._installed, data, sites._json,
        };
        command.SetAction((parsed, cancellation) => sites.RunAsync(parsed, context, DataOption.Path(parsed, data, context), cancellation));
        yield return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CliContext context, string folder, CancellationToken cancellation)
    {
        Printer printer = new(context);
        bool asJson = parsed.GetValue(_json);
        ShowInstalled(printer, folder, asJson);
        if (parsed.GetValue(_installed))
        {
            return ExitCode.Done;
        }

        QueueFilter filter = new()
        {
            Name = parsed.GetRequiredValue(_name),
            WithoutGpu = parsed.GetValue(_nonGpu),
            Inactive = parsed.GetValue(_nonActive),
        };
        filter = parsed.GetValue(_types) is { Length: > 0 } types ? filter with { Types = Words(types) } : filter;
        string? source = parsed.GetValue(_source);
        bool isPath = source is not null && !source.Contains("://", StringComparison.Ordinal);
        using HttpClient http = GridHttp.Create(PandaConnection.FromEnvironment(context.Variable), context.Time);
        ImmutableArray<GridQueue> queues = await QueueCatalog.ReadAsync(isPath ? Path.GetFullPath(source!, context.CurrentDirectory) : source, http, cancellation);
        string[] info = parsed.GetValue(_info) is { Length: > 0 } fields ? Words(fields) : [.. Information];
        GridQueue[] shown = [.. queues.Where(filter.Takes)];
        if (asJson)
        {
            foreach (GridQueue queue in shown)
            {
                printer.JsonLine(new { kind = "queue", name = queue.Name, type = queue.Type, gpu = queue.HasGpu, info = info.ToDictionary(field => field, field => queue[field]) });
            }
        }
        else
        {
            printer.Table(["queue", .. info], [.. shown.Select(queue => (IReadOnlyList<string>)[queue.Name, .. info.Select(field => queue[field] ?? "-")])]);
        }

        if (shown.Length == 0)
        {
            printer.Note($"none of the {queues.Length} queues of the catalogue is like that; --non_gpu, --non_active and --site_type show more");
        }

        return ExitCode.Done;
    }

    private static void ShowInstalled(Printer printer, string folder, bool asJson)
    {
        ImmutableArray<(string Name, string Type)> installed = [("local", "process"), .. InstalledSites.In(folder).Where(site => site.Name != "local")];
        if (asJson)
        {
            foreach ((string name, string type) in installed)
            {
                printer.JsonLine(new { kind = "installed", name, type });
            }

            return;
        }

        printer.Table(["site", "type"], [.. installed.Select(site => (IReadOnlyList<string>)[site.Name, site.Type])]);
        printer.Line(string.Empty);
    }

    private static string[] Words(string[] texts) => [.. texts.SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
}
