using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Activity: asks the executor whether a segment has ended.</summary>
public sealed class PollSegment(ExperimentCache cache, RunningTrials running, ITrialStore trials, IInbox inbox, IExecutors executors)
{
    /// <summary>Polls a segment.</summary>
    /// <returns>Lost only while the retry limit is not used up; after that a lost segment has ended. So has one that nobody waits for any more.</returns>
    /// <exception cref="UnavailableException">The site does not answer.</exception>
    public async Task<SegmentProgress> RunAsync(SegmentRun run, CancellationToken cancellation)
    {
        ExperimentDefinition definition = await cache.DefinitionAsync(run.Segment.Experiment, cancellation);
        ITrialExecutor executor = executors.OfRun(run, definition);
        SegmentOutcome? outcome = await executor.PollAsync(run.Segment, run.Handle!, cancellation);
        return outcome switch
        {
            null => await IsToGoOnAsync(executor, run, cancellation) ? SegmentProgress.Running : SegmentProgress.Ended,
            { Status: SegmentStatus.Lost } when run.IsRetriedHere(definition) =>
                await trials.IsOverAsync(inbox, run.Segment, cancellation) ? SegmentProgress.Ended : SegmentProgress.Lost,
            _ => SegmentProgress.Ended,
        };
    }

    /// <summary>Whether the segment is still waited for. One that is to end is interrupted (again), because the message that does it can be lost.</summary>
    private async Task<bool> IsToGoOnAsync(ITrialExecutor executor, SegmentRun run, CancellationToken cancellation)
    {
        Trial trial;
        try
        {
            trial = await running.RecentAsync(run.Segment.Experiment, run.Segment.Trial, cancellation);
            trial = trial.Ending() is null ? trial : await running.ReadAsync(run.Segment.Experiment, run.Segment.Trial, cancellation);
        }
        catch (NotFoundException)
        {
            return false;
        }

        if (!trial.Waits(run.Segment))
        {
            return false;
        }

        if (trial.Ending() is { } ending)
        {
            await executor.InterruptAsync(run.Segment, run.Handle!, ending, cancellation);
        }

        return true;
    }
}
