using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Stopping;

/// <summary>Ends the experiment when its best value, constraints met, is at least as good as the target.</summary>
internal sealed class TargetStopper : IStopper
{
    public StopVerdict? Check(ExperimentState state, DateTimeOffset now)
    {
        ExperimentDefinition definition = state.Definition;
        return definition.Stopping.Target is { } target && state.Summary.Best is { Violation: null } best
            && definition.Minimised(best.Value) <= definition.Minimised(target)
                ? new(ExperimentStatus.Succeeded, $"trial {best.Trial} reached the target: {definition.Metric} {best.Value:R}, wanted {target:R}")
                : null;
    }
}
