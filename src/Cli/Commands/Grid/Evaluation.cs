using System.Collections.Immutable;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Adapters.Projects;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Cli.Commands.Run;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;
using HpoServerless.Engine.Space;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>Evaluates points that somebody else chose, on this machine: one trial a point.</summary>
/// <param name="context">The world around.</param>
/// <param name="project">Whose script is run.</param>
/// <param name="dataFolder">Where the trials leave their logs.</param>
internal sealed class Evaluation(CliContext context, LoadedProject project, string dataFolder)
{
    private readonly byte[] _scripts = ScriptArchive.Pack(project.ScriptsFolder);

    /// <summary>Runs the trials.</summary>
    /// <param name="points">Whole configurations of the project's space; at least one.</param>
    /// <param name="concurrent">How many run at the same time.</param>
    /// <param name="cancellation">Interrupts them.</param>
    /// <returns>What came of each point, in their order.</returns>
    /// <exception cref="OperationCanceledException">They were interrupted.</exception>
    public async Task<EvaluationResult> RunAsync(IReadOnlyList<Configuration> points, int concurrent, CancellationToken cancellation)
    {
        ImmutableArray<Configuration> different = [.. points.Distinct()];
        ProjectDocument document = project.Document with { Hpo = project.Document.Hpo.ForEvaluation(different) };
        ExperimentDefinition definition = document.ToDefinition(ScriptArchive.NameOf(_scripts), new RunOverrides(MaxConcurrent: concurrent), defaultSeed: 0);
        ExperimentPlan plan = new(ExperimentIds.Create(definition.Project, context.Time.GetUtcNow()), definition, _scripts);
        EvaluationResult? result = null;
        await new LocalRun(context, dataFolder, asJson: false).StartAsync(plan, ReadAsync, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return result ?? throw new UnavailableException($"experiment {plan.Id}", "it could not be run to its end");

        async Task<int> ReadAsync(IExperimentClient client, ExperimentView view)
        {
            List<TrialView> trials = [];
            await foreach (TrialView trial in client.TrialsAsync(view.Id, cancellation))
            {
                trials.Add(trial);
            }

            result = new(definition, view, [.. points.Select(point => EvaluatedPoint.Of(definition, point, trials.FirstOrDefault(trial => trial.Config.Equals(point)), view))], [.. trials]);
            return ExitCode.Done;
        }
    }
}
