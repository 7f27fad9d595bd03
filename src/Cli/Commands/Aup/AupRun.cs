using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Adapters.Auptimizer;
using HpoServerless.Adapters.Executors;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Cli.Commands.Run;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Cli.Commands.Aup;

/// <summary>Runs what an experiment file of Auptimizer became, and its best job once more where its model is to be saved.</summary>
/// <param name="context">The world around.</param>
/// <param name="dataFolder">Where the experiment is kept.</param>
/// <param name="asJson">Whether the result is printed as JSON.</param>
/// <param name="log">What the host tells.</param>
internal sealed class AupRun(CliContext context, string dataFolder, bool asJson, LogLevel log)
{
    private const string ModelSuffix = "-model";

    /// <param name="experiment">What is run.</param>
    /// <param name="single">Whether only one job is.</param>
    /// <param name="cancellation">Interrupts it.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> StartAsync(AupExperiment experiment, bool single, CancellationToken cancellation)
    {
        if (experiment.Site is { Settings: not null } asked)
        {
            AupSiteCheck.Check(asked);
        }

        ProjectDocument project = experiment.Project;
        if (single)
        {
            project = project with { Hpo = project.Hpo with { NumTrials = 1, Scheduler = "none", SchedulerParam = null } };
        }

        string id = ExperimentIds.Create(project.Name[..Math.Min(project.Name.Length, ExperimentIds.MaxLength - ModelSuffix.Length - 14)], context.Time.GetUtcNow());
        AupJob job = experiment.IsAsked ? experiment.Job with { AskFolder = DeskOf(id) } : experiment.Job;
        byte[] scripts = job.Pack();
        ExperimentDefinition definition = project.ToDefinition(ScriptArchive.NameOf(scripts), RunOverrides.None, defaultSeed: 0) with { StoppedNeverWins = true };
        ExperimentPlan plan = new(id, definition, scripts);
        if (experiment.Site is { Settings: { } settings } site && SitesFile.Put(dataFolder, site.Name, settings))
        {
            context.Error.WriteLine($"note: the site {site.Name} stands in {Path.Combine(dataFolder, SitesFile.Name)} now; name one {site.Resource} there to say more of it");
        }

        context.Error.WriteLine($"experiment {id}, seed {definition.Seed}");
        ExperimentView? ended = null;
        int code = await AskingAsync(experiment.IsAsked, id, string.Join(' ', job.Words), (run, interrupt) => run.StartAsync(
            plan,
            (client, view) =>
            {
                ended = Judged(view);
                return new ResultReport(context).PrintAsync(client, ended, asJson, interrupt);
            },
            interrupt), cancellation);
        return code == ExitCode.Done && experiment is { SavesModel: true, IsAsked: false } && ended?.Best is { } best ? await SaveModelAsync(plan, best, cancellation) : code;
    }

    /// <summary>Goes on with an experiment.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> ResumeAsync(string id, CancellationToken cancellation) => AskingAsync(Directory.Exists(DeskOf(id)), id, "configuration:", (run, interrupt) => run.ResumeAsync(id, interrupt), cancellation);

    private LocalRun Local(CliContext world) => new(world, dataFolder, asJson) { LogLevel = log, ResumeCommand = "hpo aup", Judge = Judged };

    /// <summary>A stopped job never wins: where no job was completed, there is no best one.</summary>
    internal static ExperimentView Judged(ExperimentView view) => view.Trials.Completed > 0 || view.Best is null
        ? view
        : view with
        {
            Best = null,
            Status = view.Status == ExperimentStatus.Succeeded ? ExperimentStatus.Failed : view.Status,
            Reason = "no job was completed, and a stopped job never wins",
        };

    private string DeskOf(string id) => Path.Combine(dataFolder, "aup", id);

    /// <summary>Runs something, and asks for results at the console meanwhile where its jobs want that.</summary>
    private async Task<int> AskingAsync(bool isAsked, string id, string command, Func<LocalRun, CancellationToken, Task<int>> start, CancellationToken cancellation)
    {
        if (!isAsked)
        {
            return await start(Local(context), cancellation);
        }

        using CancellationTokenSource interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using CancellationTokenSource ended = new();
        ConsoleDesk desk = new(context, DeskOf(id), command);
        desk.Open();
        Task asking = Task.Run(
            async () =>
            {
                if (!await desk.ServeAsync(ended.Token))
                {
                    await interrupt.CancelAsync(); // nobody answers any more
                }
            },
            CancellationToken.None);
        try
        {
            return await start(Local(context with { IsErrorTerminal = false }), interrupt.Token); // a moving line would hide the question
        }
        finally
        {
            await ended.CancelAsync();
            if (!interrupt.IsCancellationRequested)
            {
                await asking; // else it may wait for a line that never comes, and the experiment is to go on later
                desk.Close();
            }
        }
    }

    /// <summary>Runs the best job again, and tells it to save its model.</summary>
    private async Task<int> SaveModelAsync(ExperimentPlan plan, BestTrial best, CancellationToken cancellation)
    {
        string id = plan.Id + ModelSuffix;
        string folder = $"models_{plan.Id}";
        JsonObject told = new() { ["save_model"] = true, ["folder_name"] = folder };
        if (plan.Definition.Scheduler.Options is { ValueKind: JsonValueKind.Object } options
            && (options.TryGetProperty("max_budget", out JsonElement most) || options.TryGetProperty("max_iter", out most)))
        {
            told["n_iterations"] = (long)Math.Max(1, most.GetDouble());
        }

        ExperimentDefinition definition = plan.Definition with
        {
            Algorithm = new("random"),
            Scheduler = new("none"),
            NumTrials = 1,
            MaxConcurrent = 1,
            InitialPoints = [best.Config],
            Program = plan.Definition.Program with { Param = JsonSerializer.SerializeToElement(told) },
        };
        context.Error.WriteLine($"trial {best.Trial} is run once more, as experiment {id}, to save its model");
        int code = await Local(context).StartAsync(
            new(id, definition, plan.Scripts),
            (client, view) =>
            {
                context.Error.WriteLine(view.Best is { } again
                    ? $"the job saves its model in aup_models/{folder} of its working directory, where it uses Auptimizer's helper; {view.Metric} {CliNumber(again.Value)}; its log: hpo experiment logs {id} 1"
                    : $"the job that was to save its model failed; see why with: hpo experiment logs {id} 1");
                return Task.FromResult(ResultReport.ExitCodeOf(view));
            },
            cancellation);
        return code;
    }

    private static string CliNumber(double value) => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
}
