using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Stopping;

/// <summary>Ends the experiment, as failed, when too large a share of its trials failed: a broken script should not use up the budget.</summary>
internal sealed class FailureRateStopper : IStopper
{
    public StopVerdict? Check(ExperimentState state, DateTimeOffset now)
    {
        TrialCounts trials = state.Summary.Trials;
        return state.Definition.Stopping.Failures is { } rule && trials.Ended >= rule.MinTrials && trials.Failed > rule.Rate * trials.Ended
            ? new(ExperimentStatus.Failed, $"{trials.Failed} of {trials.Ended} trials failed (limit {rule.Rate:P1} after {rule.MinTrials} trials)")
            : null;
    }
}
