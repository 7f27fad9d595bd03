using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Activity: takes the outcome of an ended segment and posts it to the experiment's inbox. Doing it twice is doing it once.</summary>
public sealed class CollectSegment(ExperimentCache cache, ITrialStore trials, IInbox inbox, IExecutors executors)
{
    /// <summary>Collects a segment.</summary>
    /// <returns>False where it has not ended after all, or was lost and may be started again. True as well where nobody waits for it any more.</returns>
    /// <exception cref="Engine.Errors.UnavailableException">The store or the site does not answer.</exception>
    public async Task<bool> RunAsync(SegmentRun run, CancellationToken cancellation)
    {
        SegmentId segment = run.Segment;
        ExperimentDefinition definition = await cache.DefinitionAsync(segment.Experiment, cancellation);
        ITrialExecutor executor = executors.OfRun(run, definition);
        SegmentOutcome? outcome = await executor.PollAsync(segment, run.Handle!, cancellation);
        if (run.Told)
        {
            if (outcome is null)
            {
                await executor.InterruptAsync(segment, run.Handle!, InterruptKind.Stop, cancellation); // it would use the site for nobody
            }

            await executor.ForgetAsync(segment, run.Handle!, cancellation);
            return true;
        }

        if (outcome is null)
        {
            if (await trials.IsWantedAsync(segment, cancellation))
            {
                return false;
            }

            await executor.InterruptAsync(segment, run.Handle!, InterruptKind.Stop, cancellation); // it would use the site for nobody
            return true;
        }

        if (outcome.Status == SegmentStatus.Lost && run.IsRetriedHere(definition))
        {
            return await trials.IsOverAsync(inbox, segment, cancellation);
        }

        await inbox.PostAsync(segment.Experiment, new SegmentEnded(segment.EndEventId, segment.Trial, segment.Segment, outcome), cancellation);
        await executor.ForgetAsync(segment, run.Handle!, cancellation);
        return true;
    }
}
