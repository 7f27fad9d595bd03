using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Activity: hands a segment to the executor of its site. Doing it twice is doing it once.</summary>
public sealed class SubmitSegment(ExperimentCache cache, ITrialStore trials, IInbox inbox, IExecutors executors)
{
    /// <summary>Submits a segment.</summary>
    /// <returns>
    /// What the executor calls it; null where the trial no longer waits for this segment, or it can never be submitted:
    /// then its failure is in the inbox.
    /// </returns>
    /// <exception cref="UnavailableException">The store or the site does not answer.</exception>
    public async Task<string?> RunAsync(SegmentRun run, CancellationToken cancellation)
    {
        SegmentId segment = run.Segment;
        ImmutableArray<Checkpoint> waiting = await inbox.CheckpointsAsync(segment, cancellation); // before the trial: a turn may fold them meanwhile
        Trial? trial = await trials.FindAsync(segment.Experiment, segment.Trial, cancellation);
        if (trial is null || !trial.Waits(segment))
        {
            return null;
        }

        ExperimentDefinition definition = await cache.DefinitionOfAsync(segment.Experiment, trial, cancellation);
        try
        {
            ITrialExecutor executor = executors.OfRun(run, definition);
            string handle = await executor.StartAsync(trial.WorkOf(segment, definition, run.Attempt, waiting), cancellation);
            if (trial.Ending() is { } ending)
            {
                await executor.InterruptAsync(segment, handle, ending, cancellation); // told to end before it was here, or while its host was away
            }

            return handle;
        }
        catch (HpoException error) when (error.Retry != RetryAdvice.Backoff)
        {
            SegmentOutcome outcome = new() { Status = SegmentStatus.Failed, Error = error.Message, Site = run.SiteOf(definition), Attempts = 0 };
            await inbox.PostAsync(segment.Experiment, new SegmentEnded(segment.EndEventId, segment.Trial, segment.Segment, outcome), cancellation);
            return null;
        }
    }
}
