using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling;

/// <summary>What a trial scheduler may know of each trial besides its reports.</summary>
/// <param name="trials">Trial n at index n - 1.</param>
public readonly struct ScheduledTrials(ImmutableList<Trial> trials)
{
    /// <summary>Where a trial stands.</summary>
    public TrialStatus StatusOf(int trial) => trials[trial - 1].Status;

    /// <summary>What a trial evaluates now.</summary>
    public Configuration ConfigurationOf(int trial) => trials[trial - 1].Configuration;

    /// <summary>How far a trial is: its last step, or the step of the checkpoint that it was given since; 0 before its first report.</summary>
    public long LastStepOf(int trial) => trials[trial - 1].Position;

    /// <summary>The newest state that a trial can be gone on from; null where it saved none.</summary>
    public Checkpoint? CheckpointOf(int trial) => trials[trial - 1].Checkpoints is [.., var newest] ? newest : null;

    /// <summary>Where a trial went on from others, oldest first.</summary>
    public ImmutableArray<TrialOrigin> OriginsOf(int trial) => trials[trial - 1].Origins;
}
