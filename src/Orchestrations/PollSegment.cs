using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Activity: asks the executor whether a segment has ended.</summary>
public sealed class PollSegment(ExperimentCache cache, ITrialStore trials, IInbox inbox, IExecutors executors)
{
    /// <summary>Polls a segment.</summary>
    /// <returns>Lost only while the retry limit is not used up; after that a lost segment has ended. So has one that nobody waits for any more.</returns>
    /// <exception cref="Engine.Errors.UnavailableException">The site does not answer.</exception>
    public async Task<SegmentProgress> RunAsync(SegmentRun run, CancellationToken cancellation)
    {
        ExperimentDefinition definition = await cache.DefinitionAsync(run.Segment.Experiment, cancellation);
        SegmentOutcome? outcome = await executors.For(definition.Site).PollAsync(run.Segment, run.Handle!, cancellation);
        return outcome switch
        {
            null => await trials.IsWantedAsync(run.Segment, cancellation) ? SegmentProgress.Running : SegmentProgress.Ended,
            { Status: SegmentStatus.Lost } when run.Attempt < definition.Limits.Retries =>
                await trials.IsOverAsync(inbox, run.Segment, cancellation) ? SegmentProgress.Ended : SegmentProgress.Lost,
            _ => SegmentProgress.Ended,
        };
    }
}
