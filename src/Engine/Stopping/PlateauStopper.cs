using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Stopping;

/// <summary>Ends the experiment when a number of completed trials in a row did not improve the best value by more than a margin.</summary>
internal sealed class PlateauStopper : IStopper
{
    public StopVerdict? Check(ExperimentState state, DateTimeOffset now) =>
        state.Definition.Stopping.Plateau is { } rule && state.CompletedSinceImprovement >= rule.Trials
            ? new(ExperimentStatus.Succeeded, $"no improvement by more than {rule.MinDelta:R} in {state.CompletedSinceImprovement} completed trials (limit {rule.Trials})")
            : null;
}
