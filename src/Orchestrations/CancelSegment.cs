using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Activity: asks the executor to end a segment, politely at first.</summary>
public sealed class CancelSegment(ExperimentCache cache, ITrialStore trials, IExecutors executors)
{
    /// <summary>Interrupts a segment; one that has ended is left alone.</summary>
    /// <exception cref="Engine.Errors.UnavailableException">The site does not answer.</exception>
    public async Task RunAsync(SegmentRun run, CancellationToken cancellation)
    {
        ExperimentDefinition definition = await cache.DefinitionAsync(run.Segment.Experiment, cancellation);
        Trial? trial = await trials.FindAsync(run.Segment.Experiment, run.Segment.Trial, cancellation);
        InterruptKind kind = trial is not null && trial.Waits(run.Segment) ? trial.Ending() ?? InterruptKind.Stop : InterruptKind.Stop;
        await executors.OfRun(run, definition).InterruptAsync(run.Segment, run.Handle!, kind, cancellation);
    }
}
