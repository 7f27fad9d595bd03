using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Adapters.Grid;
using HpoServerless.Adapters.Projects;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Cli.Commands.Run;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The command <c>grid_run</c>: what runs inside a grid job.</summary>
internal static class GridRunCommand
{
    public static IEnumerable<Command> Create(CliContext context)
    {
        Argument<string> project = new("PROJECT") { Description = "A project's name, a folder, or a .json or .yaml file; also the name of the project that lies in the current folder." };
        RunOptions options = new(isWithinJob: true);
        Option<string> data = DataOption.Create();
        CliCommand command = new(
            "grid_run",
            $"Run an experiment inside a grid job: every *.tar.gz of the current folder is unpacked there and removed again at the end, trials run on this machine, and {JobMetadata.FileName} gets the results. "
            + "Programs find the folder in HPOGRID_DATA_DIR. Exit codes: 0 done, 1 the experiment failed, 2 invalid input, 130 interrupted.",
            "hpo grid_run my_project",
            "hpo grid_run my_project --time 86400")
        {
            project,
            data,
        };
        options.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            string metadata = Path.Combine(context.CurrentDirectory, JobMetadata.FileName);
            List<Fault> faults = [];
            RunOverrides overrides = options.Read(parsed, faults);
            LoadedProject loaded;
            try
            {
                loaded = GridProject.Load(context, parsed.GetRequiredValue(project));
            }
            catch (InvalidInputException error)
            {
                throw new InvalidInputException([.. faults, .. error.Faults]);
            }

            return faults.Count > 0
                ? throw new InvalidInputException([.. faults])
                : RunAsync(context, loaded, overrides, DataOption.Path(parsed, data, context), metadata, cancellation);
        });
        yield return command;
    }

    private static async Task<int> RunAsync(
        CliContext context, LoadedProject project, RunOverrides overrides, string dataFolder, string metadata, CancellationToken cancellation)
    {
        byte[] scripts = ScriptArchive.Pack(project.ScriptsFolder);
        ProjectDocument document = project.Document with { Hpo = project.Document.Hpo with { Placement = new() } };
        ExperimentDefinition definition = document.ToDefinition(ScriptArchive.NameOf(scripts), overrides, (ulong)RandomNumberGenerator.GetInt32(int.MaxValue));
        ExperimentPlan plan = new(ExperimentIds.Create(definition.Project, context.Time.GetUtcNow()), definition, scripts);
        using DataArchives archives = DataArchives.Unpack(context.CurrentDirectory, [dataFolder, metadata, .. Inside(context.CurrentDirectory, project.ScriptsFolder)]);
        JobMetadata.Begin(metadata);
        if (archives.Unpacked > 0)
        {
            context.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"unpacked {archives.Unpacked} files"));
        }

        if (archives.Kept.Count > 0)
        {
            context.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"warning: kept {archives.Kept.Count} files of the folder that archives have as well: {string.Join(", ", archives.Kept.Take(10))}"));
        }

        context.Error.WriteLine($"experiment {plan.Id}, seed {definition.Seed}");
        return await new LocalRun(context, dataFolder, asJson: false) { InputFolder = context.CurrentDirectory, WithoutSites = true }.StartAsync(plan, ReportAsync, cancellation);

        async Task<int> ReportAsync(IExperimentClient client, ExperimentView view)
        {
            List<TrialView> trials = [];
            await foreach (TrialView trial in client.TrialsAsync(view.Id, cancellation))
            {
                trials.Add(trial);
            }

            JobMetadata.Write(metadata, definition, view, trials, context.Time);
            return await new ResultReport(context).PrintAsync(client, view, asJson: false, cancellation);
        }
    }

    /// <summary>The folders of the project that lie in the job's folder; scripts that lie in the job's folder itself share it with the data.</summary>
    private static IEnumerable<string> Inside(string folder, string? scripts)
    {
        string root = $"{folder.TrimEnd(Path.DirectorySeparatorChar)}{Path.DirectorySeparatorChar}";
        return new[] { Path.Combine(folder, "config"), Path.Combine(folder, "scripts"), scripts }.OfType<string>().Where(place => place.StartsWith(root, StringComparison.Ordinal));
    }
}
