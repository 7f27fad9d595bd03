using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Stopping;

/// <summary>Ends the experiment, as failed, when too large a share of its trials failed: a broken script should not use up the budget.</summary>
/// <remarks>Trials that are paused did not fail: they count like those that ended, else failures at the first level of a bracket would seem to be all there is.</remarks>
internal sealed class FailureRateStopper : IStopper
{
    public StopVerdict? Check(ExperimentState state, DateTimeOffset now)
    {
        TrialCounts trials = state.Summary.Trials;
        int known = trials.Ended + trials.Paused;
        return state.Definition.Stopping.Failures is { } rule && known >= rule.MinTrials && trials.Failed > rule.Rate * known
            ? new(ExperimentStatus.Failed, $"{trials.Failed} of {known} trials failed (limit {rule.Rate:P1} after {rule.MinTrials} trials)")
            : null;
    }
}
