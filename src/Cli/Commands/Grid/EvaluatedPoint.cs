using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>What came of a point.</summary>
/// <param name="Point">The point.</param>
/// <param name="Loss">The metric as iDDS wants it, which knows no direction and takes the smaller one for better: its negative where the project maximises. Null where there is none.</param>
/// <param name="Error">Why there is none; null where there is one.</param>
internal sealed record EvaluatedPoint(Configuration Point, double? Loss, string? Error)
{
    public static EvaluatedPoint Of(ExperimentDefinition definition, Configuration point, TrialView? trial, ExperimentView view)
    {
        if (trial is { State: TrialStatus.Completed, Value: { } value })
        {
            return new(point, definition.Mode == OptimizationMode.Max && value != 0 ? -value : value, Error: null);
        }

        return new(point, Loss: null, trial?.Error ?? trial?.Reason ?? view.Reason ?? $"the program ended without reporting {definition.Metric}");
    }
}
