using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>Puts trials in order for people.</summary>
internal static class TrialOrder
{
    /// <summary>Best value first; what was stopped early behind what was completed, and what has no value last.</summary>
    /// <remarks>What meets the constraints comes before what does not.</remarks>
    public static IEnumerable<TrialView> BestFirst(this IEnumerable<TrialView> trials, ExperimentView experiment) => trials
        .OrderBy(t => t.Value is null || t.State == TrialStatus.Failed)
        .ThenBy(t => t.State is TrialStatus.Completed ? 0 : 1)
        .ThenBy(t => Violation(t, experiment))
        .ThenBy(t => experiment.Mode == OptimizationMode.Min ? t.Value : -t.Value)
        .ThenBy(t => t.Trial);

    private static double Violation(TrialView trial, ExperimentView experiment) =>
        (experiment.Constraints ?? []).Sum(name => Math.Max(0, trial.LastValueOf(name) ?? 0));
}
