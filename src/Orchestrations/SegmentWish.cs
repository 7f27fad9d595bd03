using System.Collections.Immutable;
using System.Diagnostics;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Whether anybody still waits for a segment.</summary>
internal static class SegmentWish
{
    /// <summary>The site that runs a segment.</summary>
    public static string SiteOf(this SegmentRun run, ExperimentDefinition definition) => run.Site ?? definition.Site;

    /// <summary>The executor of that site. The span under way says which it was.</summary>
    public static ITrialExecutor OfRun(this IExecutors executors, SegmentRun run, ExperimentDefinition definition)
    {
        string site = run.SiteOf(definition);
        Activity.Current?.SetTag("hpo.site", site);
        return executors.For(site);
    }

    /// <summary>Whether a segment that its site lost is started there again; with several sites the experiment decides where.</summary>
    public static bool IsRetriedHere(this SegmentRun run, ExperimentDefinition definition) =>
        definition.Sites.Length <= 1 && run.Attempt < definition.Limits.Retries;

    /// <summary>Whether the trial runs and this is its present segment.</summary>
    public static bool Waits(this Trial trial, SegmentId segment) => trial.Status == TrialStatus.Running && trial.Segment == segment.Segment;

    /// <summary>The same by the store; false where the trial is gone.</summary>
    public static async Task<bool> IsWantedAsync(this ITrialStore trials, SegmentId segment, CancellationToken cancellation) =>
        await trials.FindAsync(segment.Experiment, segment.Trial, cancellation) is { } trial && trial.Waits(segment);

    /// <summary>How the trial's segment is to end, as was decided; null where it goes on. The segment may not know: the message that interrupts it can be lost.</summary>
    public static InterruptKind? Ending(this Trial trial) => trial.Requested switch
    {
        null => null,
        DecisionAction.Pause => InterruptKind.Pause,
        _ => InterruptKind.Stop,
    };

    /// <summary>States that a segment saved and no turn has folded yet.</summary>
    public static async Task<ImmutableArray<Checkpoint>> CheckpointsAsync(this IInbox inbox, SegmentId segment, CancellationToken cancellation)
    {
        ImmutableArray<ExperimentEvent> waiting = await inbox.ReadAsync(segment, cancellation);
        return [.. waiting.OfType<TrialCheckpointed>().Select(saved => saved.Checkpoint)];
    }

    /// <summary>States that a trial can go on from, the newest first.</summary>
    /// <param name="trial">The trial, read after <paramref name="waiting"/>.</param>
    /// <param name="waiting">Those that no turn has folded yet.</param>
    public static ImmutableArray<Checkpoint> CheckpointsWith(this Trial trial, ImmutableArray<Checkpoint> waiting) =>
        [.. waiting.Concat(trial.Checkpoints).DistinctBy(checkpoint => checkpoint.Name).OrderByDescending(checkpoint => checkpoint.Step)];

    /// <summary>The work of a trial's segment.</summary>
    /// <param name="trial">The trial, read after <paramref name="waiting"/>.</param>
    /// <param name="segment">Which segment.</param>
    /// <param name="definition">The experiment.</param>
    /// <param name="attempt">How often the segment was started before.</param>
    /// <param name="waiting">Its checkpoints that no turn has folded yet.</param>
    public static SegmentWork WorkOf(this Trial trial, SegmentId segment, ExperimentDefinition definition, int attempt, ImmutableArray<Checkpoint> waiting) =>
        new(segment, definition, trial.Configuration, trial.Until, attempt) { Budget = trial.Budget, Checkpoints = trial.CheckpointsWith(waiting) };

    /// <summary>Whether a segment that the executor does not know (any more) is over: nobody waits for it, or its end is in the inbox already.</summary>
    public static async Task<bool> IsOverAsync(this ITrialStore trials, IInbox inbox, SegmentId segment, CancellationToken cancellation)
    {
        if (!await trials.IsWantedAsync(segment, cancellation))
        {
            return true;
        }

        return await inbox.HoldsEndAsync(segment, cancellation);
    }

    /// <summary>Whether the end of a segment waits to be folded.</summary>
    public static async Task<bool> HoldsEndAsync(this IInbox inbox, SegmentId segment, CancellationToken cancellation)
    {
        ImmutableArray<ExperimentEvent> waiting = await inbox.ReadAsync(segment, cancellation);
        return waiting.Any(e => e.Id == segment.EndEventId);
    }
}
