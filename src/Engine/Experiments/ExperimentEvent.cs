using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Experiments;

/// <summary>Something that happened outside and that the experiment has to take into account.</summary>
/// <param name="Id">Names the event, so that posting it twice changes nothing. Ids of one segment sort in the order in which they happened.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(TrialReported), "reported")]
[JsonDerivedType(typeof(TrialCheckpointed), "checkpointed")]
[JsonDerivedType(typeof(SegmentBegan), "began")]
[JsonDerivedType(typeof(TrialRestored), "restored")]
[JsonDerivedType(typeof(SegmentEnded), "ended")]
[JsonDerivedType(typeof(CommandGiven), "command")]
public abstract record ExperimentEvent(string Id);

/// <summary>A running trial reported.</summary>
/// <param name="Id">See <see cref="SegmentId.ReportEventId"/>.</param>
/// <param name="Trial">Trial number.</param>
/// <param name="Segment">Segment that reported.</param>
/// <param name="Reports">New reports by ascending step; at least one.</param>
public sealed record TrialReported(string Id, int Trial, int Segment, ImmutableArray<Report> Reports) : ExperimentEvent(Id);

/// <summary>A running trial saved its state, and the store has it.</summary>
/// <param name="Id">See <see cref="SegmentId.CheckpointEventId"/>.</param>
/// <param name="Trial">Trial number.</param>
/// <param name="Segment">Segment that saved.</param>
/// <param name="Checkpoint">What was saved.</param>
public sealed record TrialCheckpointed(string Id, int Trial, int Segment, Checkpoint Checkpoint) : ExperimentEvent(Id);

/// <summary>The program of a segment begins: from now on it costs what its site asks.</summary>
/// <param name="Id">See <see cref="SegmentId.BeginEventId"/>.</param>
/// <param name="Trial">Trial number.</param>
/// <param name="Segment">Segment that begins.</param>
/// <param name="At">When.</param>
public sealed record SegmentBegan(string Id, int Trial, int Segment, DateTimeOffset At) : ExperimentEvent(Id);

/// <summary>A segment began at a checkpoint, or could not.</summary>
/// <param name="Id">See <see cref="SegmentId.RestoreEventId"/>.</param>
/// <param name="Trial">Trial number.</param>
/// <param name="Segment">Segment that began.</param>
/// <param name="Step">Step of the checkpoint that it began at; 0 where it began at the start. Checkpoints after it are of no use.</param>
/// <param name="Text">What happened, for people.</param>
public sealed record TrialRestored(string Id, int Trial, int Segment, long Step, string Text) : ExperimentEvent(Id);

/// <summary>A segment ended.</summary>
/// <param name="Id">See <see cref="SegmentId.EndEventId"/>.</param>
/// <param name="Trial">Trial number.</param>
/// <param name="Segment">Segment that ended.</param>
/// <param name="Outcome">How it ended.</param>
public sealed record SegmentEnded(string Id, int Trial, int Segment, SegmentOutcome Outcome) : ExperimentEvent(Id);

/// <summary>A person or the host gave a command.</summary>
/// <param name="Id">Begins with <c>c-</c>, so that commands are folded before what trials report.</param>
/// <param name="Command">What is wanted.</param>
/// <param name="By">Who gave it, for the explanation.</param>
public sealed record CommandGiven(string Id, ExperimentCommand Command, string By) : ExperimentEvent(Id);

/// <summary>What can be asked of a running experiment.</summary>
public enum ExperimentCommand
{
    /// <summary>End: running trials are stopped, nothing new is started.</summary>
    Stop,

    /// <summary>Start nothing new; running trials go on to their next pause or end.</summary>
    Pause,

    /// <summary>Go on after a pause.</summary>
    Resume,

    /// <summary>The host was down since the last turn: that time does not count against the time limit.</summary>
    HostRestarted,
}
