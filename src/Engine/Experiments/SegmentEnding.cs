namespace HpoServerless.Engine.Experiments;

/// <summary>What becomes of a trial whose segment has ended.</summary>
/// <param name="definition">The experiment.</param>
/// <param name="turn">Number of the turn that folds it.</param>
/// <param name="at">Time of the turn.</param>
internal sealed class SegmentEnding(ExperimentDefinition definition, int turn, DateTimeOffset at)
{
    /// <summary>Says which checkpoints go.</summary>
    public CheckpointKeeper Keeper { get; } = new(definition.Checkpoint, definition.SavesWhenAsking);

    /// <summary>The trial as it is after its segment; running still where the segment was lost and the next one is to be started in the same turn.</summary>
    /// <param name="trial">The trial with all reports of the segment.</param>
    /// <param name="outcome">How the segment ended.</param>
    public Trial After(Trial trial, SegmentOutcome outcome)
    {
        DecisionAction? requested = trial.Requested;
        TrialExploit? exploit = trial.Exploit;
        string site = trial.Site ?? outcome.Site;
        trial = trial with
        {
            Exploit = null,
            Site = site,
            Attempts = trial.Attempts + outcome.Attempts,
            Requested = null,
            EndedAt = outcome.EndedAt,
            Notes = outcome.Remark is { } remark ? trial.Notes.Add(new(turn, at, requested ?? DecisionAction.Stop, remark)) : trial.Notes,
        };
        return outcome.Status switch
        {
            SegmentStatus.Completed => Judged(trial with { Reason = outcome.Reason }),
            SegmentStatus.Lost when requested is null && IsStartedElsewhere(trial) => trial with
            {
                EndedAt = null,
                IsLost = true,
                LostAt = trial.LostAt.Add(site),
                Notes = trial.Notes.Add(new(turn, at, DecisionAction.Pause, $"the site {site} lost it: {outcome.Error ?? "no reason is known"}")),
            },
            SegmentStatus.Lost when requested is null => trial with { Status = TrialStatus.Failed, Reason = outcome.Reason, Error = outcome.Error ?? "the infrastructure lost the trial" },
            SegmentStatus.Failed => trial with { Status = TrialStatus.Failed, Reason = outcome.Reason, Error = outcome.Error ?? "failed without an error message" },
            _ => Obeyed(trial, outcome, requested, exploit),
        };
    }

    /// <summary>A trial that goes on from another one.</summary>
    public Trial Exploited(Trial trial, TrialExploit exploit)
    {
        long step = Math.Max(trial.LastStep, exploit.Checkpoint.Step); // a trial's steps never go back
        return Keeper.Replace(trial, exploit.Checkpoint with { Step = step }) with
        {
            Status = TrialStatus.Paused,
            EndedAt = null,
            Configuration = exploit.Configuration,
            Origins = trial.Origins.Add(new(trial.LastStep, exploit.From, trial.Configuration, step)),
        };
    }

    /// <summary>A trial that ran as far as it should. It is complete only with all metrics and constraints, finite, at its last report.</summary>
    public Trial Judged(Trial trial) => Measurement.FaultOf(trial, definition) is { } fault
        ? trial with { Status = TrialStatus.Failed, Error = fault }
        : trial with { Status = TrialStatus.Completed };

    /// <summary>A trial that ended because it was told to. One that was lost on the way did as well as it could.</summary>
    private Trial Obeyed(Trial trial, SegmentOutcome outcome, DecisionAction? requested, TrialExploit? exploit) => requested switch
    {
        DecisionAction.Complete => Judged(trial),
        DecisionAction.Exploit when exploit is not null => Exploited(trial, exploit),
        DecisionAction.Pause => trial with { Status = TrialStatus.Paused, EndedAt = null },
        null when outcome.Status == SegmentStatus.Paused => trial with { Status = TrialStatus.Paused, EndedAt = null },
        _ => trial with { Status = TrialStatus.Stopped, Reason = trial.Reason ?? outcome.Reason },
    };

    /// <summary>Whether a trial that its site lost is given to another one. Where there is only one, its executor starts it again.</summary>
    private bool IsStartedElsewhere(Trial trial) => definition.Sites.Length > 1 && trial.LostAt.Length < definition.Limits.Retries;
}
