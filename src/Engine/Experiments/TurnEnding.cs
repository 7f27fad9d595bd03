namespace HpoServerless.Engine.Experiments;

/// <summary>The part of a turn that ends what runs, and the experiment when nothing is left.</summary>
internal sealed class TurnEnding(TurnDraft draft)
{
    public void StopRunning()
    {
        ExperimentState now = draft.Current;
        string reason = now.Summary.Reason ?? "the experiment is ending";
        foreach (int number in now.Paused.Concat(now.Running))
        {
            if (now.TrialAt(number).Requested is DecisionAction.Stop or DecisionAction.Complete)
            {
                continue;
            }

            if (!draft.TryDecide(new(DecisionAction.Stop, number, reason)))
            {
                return;
            }
        }
    }

    public void FinishIfNothingIsLeft()
    {
        ExperimentState now = draft.Current;
        if (draft.More || draft.WaitsForWorkers || !now.Running.IsEmpty || now.Summary.Status == ExperimentStatus.Paused)
        {
            return;
        }

        foreach (int number in now.EndsAs is null ? now.Paused : [])
        {
            if (!draft.TryDecide(new(DecisionAction.Stop, number, "the trial scheduler had no further use for it")))
            {
                return;
            }
        }

        now = draft.Current;
        (ExperimentStatus status, string what) = Ending(now);
        bool nothing = status == ExperimentStatus.Succeeded && !HasResult(now);
        draft.Decide(nothing
            ? new(DecisionAction.Finish, 0, $"{what}, {(now.Summary.Trials.Failed == now.Summary.Trials.Total ? "and every one failed" : "and no trial had a result")}") { Status = ExperimentStatus.Failed }
            : new(DecisionAction.Finish, 0, what) { Status = status });
    }

    private (ExperimentStatus Status, string What) Ending(ExperimentState now)
    {
        TrialCounts trials = now.Summary.Trials;
        return now.EndsAs is { } status ? (status, now.Summary.Reason ?? "ended")
            : (ExperimentStatus.Succeeded,
                draft.Exhausted ? $"the search space is used up after {trials.Total} trials"
                : trials.Total < now.Definition.NumTrials ? $"the trial scheduler needed no more than {trials.Total} trials, and all of them ended"
                : $"all {trials.Total} trials ended");
    }

    /// <summary>Whether a trial was completed, or one that was stopped early has a value of everything that is optimised.</summary>
    private static bool HasResult(ExperimentState now) => now.Summary.Trials.Completed > 0
        || now.Trials.Any(trial => trial.Status == TrialStatus.Stopped && Measurement.LatestOf(trial, now.Definition) is not null);
}
