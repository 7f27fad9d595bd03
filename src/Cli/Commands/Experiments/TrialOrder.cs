using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>Puts trials in order for people.</summary>
internal static class TrialOrder
{
    /// <summary>Best value first; what was stopped early behind what was completed, and what has no value last.</summary>
    public static IEnumerable<TrialView> BestFirst(this IEnumerable<TrialView> trials, OptimizationMode mode) => trials
        .OrderBy(t => t.Value is null || t.State == TrialStatus.Failed)
        .ThenBy(t => t.State is TrialStatus.Completed ? 0 : 1)
        .ThenBy(t => mode == OptimizationMode.Min ? t.Value : -t.Value)
        .ThenBy(t => t.Trial);
}
