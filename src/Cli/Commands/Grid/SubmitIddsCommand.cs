using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Idds;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Adapters.Projects;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The command <c>submit_idds</c>: a search that iDDS keeps and PanDA evaluates.</summary>
internal static class SubmitIddsCommand
{
    public static IEnumerable<Command> Create(CliContext context)
    {
        Argument<string> project = new("PROJECT") { Description = "A project's name, a folder, or a .json or .yaml file." };
        SubmitIddsOptions options = new();
        Option<bool> dryRun = new("--dry_run") { Description = "Print what would be submitted, as JSON, and submit nothing." };
        Option<bool> direct = new("--direct") { Description = "Hand the search to iDDS itself, without PanDA; evaluate its points with 'hpo idds_run PROJECT --request ID'." };
        Option<string?> url = new("--url") { Description = "With --direct: address of iDDS. Default: IDDS_HOST, else https://iddsserver.cern.ch:443/idds.", HelpName = "URL" };
        CliCommand command = new(
            "submit_idds",
            "Submit a search to iDDS by PanDA: iDDS runs 'hpo generate' for new points, grid jobs run 'hpo idds_run' for each. Who asks is said as to PanDA (PANDA_AUTH, X509_USER_PROXY, ...). "
            + "Exit codes: 0 submitted, 2 invalid input, 3 the service is unreachable or refuses.",
            "hpo submit_idds my_project --site GPU_SITE --container docker://organisation/image:tag",
            "hpo submit_idds my_project --dry_run",
            "hpo submit_idds my_project --direct --steering_container organisation/image:tag")
        {
            project,
            dryRun,
            direct,
            url,
        };
        options.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            bool isDirect = parsed.GetValue(direct);
            if (!isDirect && parsed.GetValue(url) is not null)
            {
                throw new InvalidInputException(new Fault(url.Name, null, $"needs {direct.Name}: without it PanDA is asked, which knows where iDDS is"));
            }

            PandaConnection panda = PandaConnection.FromEnvironment(context.Variable);
            IddsConnection idds = IddsConnection.FromEnvironment(parsed.GetValue(url), context.Variable);
            LoadedProject loaded = GridProject.Load(context, parsed.GetRequiredValue(project));
            IddsTask task = options.Read(parsed, context, loaded, panda.Vo, needsContainer: !isDirect);
            PandaSandbox? sandbox = isDirect ? null : IddsSandbox.Pack(loaded);
            if (parsed.GetValue(dryRun))
            {
                JsonObject shown = sandbox is null ? task.ToRequest() : task.ToTask(new(panda.Cache.GetLeftPart(UriPartial.Authority), sandbox.Name));
                new Printer(context).Json(JsonSerializer.SerializeToElement(shown));
                return ExitCode.Done;
            }

            Action<string>? tell = context.IsErrorTerminal ? context.Error.WriteLine : null;
            if (sandbox is null)
            {
                using IddsClient service = new(idds, context.Time, tell);
                long request = await service.SubmitAsync(task.ToRequest(), cancellation);
                context.Output.WriteLine(request.ToString(CultureInfo.InvariantCulture));
                context.Error.WriteLine($"request {request}; evaluate its points with: hpo idds_run {parsed.GetRequiredValue(project)} --request {request} --url {idds.Url}");
                return ExitCode.Done;
            }

            using PandaClient client = new(panda, context.Time, tell);
            PandaSandboxPlace place = await client.UploadAsync(sandbox, cancellation);
            PandaSubmission sent = await client.SubmitAsync(task.ToTask(place), cancellation);
            context.Output.WriteLine(sent.Task.ToString(CultureInfo.InvariantCulture));
            context.Error.WriteLine($"{(sent.IsNew ? "task" : "already at work: task")} {sent.Task}; look with: hpo tasks show -i {sent.Task}");
            return ExitCode.Done;
        });
        yield return command;
    }
}
