using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Experiments;

/// <summary>One thing that a turn decided.</summary>
/// <param name="Action">What.</param>
/// <param name="Trial">About which trial; 0 where it is about the experiment.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record Decision(DecisionAction Action, int Trial, string Reason)
{
    /// <summary>About which segment of the trial.</summary>
    public int Segment { get; init; }

    /// <summary>With <see cref="DecisionAction.Start"/>: what to evaluate. With <see cref="DecisionAction.Exploit"/>: what to evaluate from then on.</summary>
    public Configuration? Configuration { get; init; }

    /// <summary>With <see cref="DecisionAction.Exploit"/>: the trial whose newest checkpoint is gone on from; it must have one.</summary>
    public int? From { get; init; }

    /// <summary>With start and resume: the site that runs the segment.</summary>
    public string? Site { get; init; }

    /// <summary>With start, continue and resume: the step at which the trial asks again; null for never.</summary>
    public long? Until { get; init; }

    /// <summary>With start, continue and resume: what a program that takes a budget is told; null for <see cref="Until"/>.</summary>
    public double? Budget { get; init; }

    /// <summary>With <see cref="DecisionAction.End"/> and <see cref="DecisionAction.Finish"/>: how the experiment ends.</summary>
    public ExperimentStatus? Status { get; init; }
}

/// <summary>What a turn can decide.</summary>
public enum DecisionAction
{
    /// <summary>Create a trial and start its first segment.</summary>
    Start,

    /// <summary>Let a running trial go on.</summary>
    Continue,

    /// <summary>Let a running trial save its state and free its slot.</summary>
    Pause,

    /// <summary>Start the next segment of a paused trial.</summary>
    Resume,

    /// <summary>Let a trial go on from another one's checkpoint, with another configuration: it pauses without saving, and is resumed from there.</summary>
    Exploit,

    /// <summary>End a trial early, for good.</summary>
    Stop,

    /// <summary>End a trial that ran as far as it should; it counts as completed.</summary>
    Complete,

    /// <summary>Start nothing new in the experiment, for now.</summary>
    Hold,

    /// <summary>Start new trials again.</summary>
    Release,

    /// <summary>Begin to end the experiment: running trials are told to stop.</summary>
    End,

    /// <summary>The experiment is over.</summary>
    Finish,
}
