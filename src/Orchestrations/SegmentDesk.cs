using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Tells those who run a segment elsewhere what there is to do, and whether somebody still waits for it.</summary>
public sealed class SegmentDesk(ExperimentCache cache, ITrialStore trials, IInbox inbox)
{
    /// <summary>The work of a segment.</summary>
    /// <returns>Null where nobody waits for the segment (any more).</returns>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<WantedSegment?> FindAsync(SegmentId segment, CancellationToken cancellation)
    {
        ImmutableArray<ExperimentEvent> waiting = await inbox.ReadAsync(segment, cancellation); // before the trial: a turn may fold them meanwhile
        Trial trial = await TrialAsync(segment, cancellation);
        if (!trial.Waits(segment) || waiting.Any(e => e.Id == segment.EndEventId))
        {
            return null;
        }

        ExperimentDefinition definition = await cache.DefinitionOfAsync(segment.Experiment, trial, cancellation);
        ImmutableArray<Checkpoint> saved = [.. waiting.OfType<TrialCheckpointed>().Select(e => e.Checkpoint)];
        return new(trial.WorkOf(segment, definition, AttemptsOf(trial, segment, waiting), saved), trial.Ending());
    }

    /// <summary>How a running segment is to go on: what was decided about it without being asked.</summary>
    /// <returns>Null where nobody waits for the segment (any more).</returns>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<TrialDirective?> DirectiveAsync(SegmentId segment, CancellationToken cancellation)
    {
        Trial trial = await TrialAsync(segment, cancellation);
        return !trial.Waits(segment) ? null : trial.Ending() switch
        {
            InterruptKind.Pause => new(DirectiveAction.Pause),
            InterruptKind.Stop => new(DirectiveAction.Stop),
            _ => new(DirectiveAction.Continue, trial.Until, trial.Budget),
        };
    }

    /// <summary>Whether a trial's present segment is this one, whether it runs or has ended.</summary>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<bool> IsPresentAsync(SegmentId segment, CancellationToken cancellation) =>
        (await TrialAsync(segment, cancellation)).Segment == segment.Segment;

    /// <summary>A state that a trial can go on from.</summary>
    /// <param name="experiment">Id of the experiment.</param>
    /// <param name="number">Number of the trial.</param>
    /// <param name="step">Step of the checkpoint.</param>
    /// <param name="sha256">What its SHA-256 begins with, where several have this step; empty for any.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="NotFoundException">There is no such trial, or no such checkpoint.</exception>
    public async Task<Checkpoint> CheckpointAsync(string experiment, int number, long step, string sha256, CancellationToken cancellation)
    {
        SegmentId present = new(experiment, number, (await TrialAsync(new(experiment, number, 0), cancellation)).Segment);
        ImmutableArray<Checkpoint> saved = await inbox.CheckpointsAsync(present, cancellation); // before the trial: a turn may fold them meanwhile
        Trial trial = await TrialAsync(present, cancellation);
        return trial.CheckpointsWith(saved).FirstOrDefault(c => c.Step == step && c.Sha256.StartsWith(sha256, StringComparison.Ordinal))
            ?? throw new NotFoundException($"checkpoint of trial {number} of experiment {experiment} at step", FormattableString.Invariant($"{step}"));
    }

    /// <summary>Whether a checkpoint is new. One that is known, or older than one that is, was told by a request that comes late or twice.</summary>
    /// <remarks>An attempt that went back to an earlier step says so before it saves: then later ones do not count.</remarks>
    /// <returns>Null where nobody waits for the segment (any more).</returns>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<bool?> IsNewAsync(SegmentId segment, Checkpoint checkpoint, CancellationToken cancellation)
    {
        ImmutableArray<ExperimentEvent> waiting = await inbox.ReadAsync(segment, cancellation);
        Trial trial = await TrialAsync(segment, cancellation);
        if (!trial.Waits(segment))
        {
            return null;
        }

        long back = waiting.OfType<TrialRestored>().Select(e => e.Step).DefaultIfEmpty(long.MaxValue).Min();
        IEnumerable<Checkpoint> valid = trial.Checkpoints.Where(known => known.Step <= back)
            .Concat(waiting.OfType<TrialCheckpointed>().Select(e => e.Checkpoint));
        return !valid.Any(known => known.Name == checkpoint.Name || (known.Step > checkpoint.Step && checkpoint.Step <= back));
    }

    /// <summary>Whether where an attempt began is news: the trial's last note does not say the same.</summary>
    /// <returns>Null where nobody waits for the segment (any more).</returns>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<bool?> IsNewsAsync(SegmentId segment, string text, CancellationToken cancellation)
    {
        Trial trial = await TrialAsync(segment, cancellation);
        return trial.Waits(segment) ? trial.Notes is not [.., { Action: DecisionAction.Resume } last] || last.Reason != text : null;
    }

    /// <summary>How often a segment is known to have begun. Where its executor says more, that counts.</summary>
    private static int AttemptsOf(Trial trial, SegmentId segment, ImmutableArray<ExperimentEvent> waiting)
    {
        int waits = waiting.OfType<TrialRestored>().Count();
        return segment.Segment == 0 ? waits + trial.Notes.Count(note => note.Action == DecisionAction.Resume) : waits;
    }

    private async Task<Trial> TrialAsync(SegmentId segment, CancellationToken cancellation) =>
        await trials.FindAsync(segment.Experiment, segment.Trial, cancellation)
        ?? throw new NotFoundException("trial", $"{segment.Trial} of experiment {segment.Experiment}");
}

/// <summary>A segment that somebody waits for.</summary>
/// <param name="Work">What is to be run.</param>
/// <param name="Ending">How it is to end already; null where it is to run.</param>
public sealed record WantedSegment(SegmentWork Work, InterruptKind? Ending);
