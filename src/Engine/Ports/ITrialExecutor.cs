using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Ports;

/// <summary>Runs segments of trials at one site.</summary>
/// <remarks>
/// <b>Contract</b> (checked for every implementation by <c>TrialExecutorContract</c>):
/// <list type="number">
///   <item>Starting a segment that was started already is the same as starting it once, as long as the executor knows it.</item>
///   <item>Handles survive a restart of the host. Polling a handle that the executor does not know says lost.</item>
///   <item>A segment ends by itself, by <see cref="InterruptAsync"/> or by a limit; whatever the program does, the host and other segments are not hurt.</item>
///   <item>The outcome can be collected until <see cref="ForgetAsync"/>.</item>
/// </list>
/// </remarks>
public interface ITrialExecutor
{
    /// <summary>Name of the site.</summary>
    string Site { get; }

    /// <summary>Starts a segment and returns at once.</summary>
    /// <returns>Opaque handle, at most 1 KiB.</returns>
    Task<string> StartAsync(SegmentWork work, CancellationToken cancellation);

    /// <summary>The outcome of a segment, or null while it runs.</summary>
    Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation);

    /// <summary>Ends a running segment, politely at first. Interrupting an ended or unknown one does nothing.</summary>
    /// <param name="segment">Which segment.</param>
    /// <param name="handle">What the executor calls it.</param>
    /// <param name="kind">Whether it saves its state first.</param>
    /// <param name="cancellation">Gives up asking.</param>
    Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation);

    /// <summary>How many segments it can run at the same time now, those that run included; null where that is not limited.</summary>
    Task<int?> SlotsAsync(CancellationToken cancellation);

    /// <summary>The same for segments of one experiment, which may ask for more than others, if no other has any.</summary>
    Task<int?> SlotsAsync(ExperimentDefinition definition, CancellationToken cancellation) => SlotsAsync(cancellation);

    /// <summary>The same for one experiment by its id, where what runs segments may be there for some experiments only.</summary>
    Task<int?> SlotsAsync(string experiment, ExperimentDefinition definition, CancellationToken cancellation) => SlotsAsync(definition, cancellation);

    /// <summary>What an experiment asks for that can never be had here. By default nothing is refused.</summary>
    /// <returns>The faults, with paths inside <c>hpo_config</c>; empty where it can run.</returns>
    ImmutableArray<Fault> Refuses(ExperimentDefinition definition) => [];

    /// <summary>The outcome was taken and committed: what is kept for the segment can go.</summary>
    Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation);

    /// <summary>The experiment has ended: nothing is started for it any more, and what it holds at the site can be given back. Outcomes can still be collected.</summary>
    /// <remarks>May be told more than once. By default there is nothing to give back.</remarks>
    Task FinishAsync(string experiment, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>The experiment was removed: all that is kept of its segments goes, logs included. Segments that still run are ended.</summary>
    Task RemoveAsync(string experiment, CancellationToken cancellation);
}

/// <summary>All that an executor needs to run a segment.</summary>
/// <param name="Segment">Names it.</param>
/// <param name="Definition">The experiment's definition.</param>
/// <param name="Configuration">What is evaluated.</param>
/// <param name="Until">Step at which the program must ask how to go on; null for never.</param>
/// <param name="Attempt">How often the segment was started before, from 0.</param>
public sealed record SegmentWork(SegmentId Segment, ExperimentDefinition Definition, Configuration Configuration, long? Until, int Attempt)
{
    /// <summary>What a program that takes a budget is told; null for <see cref="Until"/>.</summary>
    public double? Budget { get; init; }

    /// <summary>States that it can begin at, the newest first; empty for the start.</summary>
    public ImmutableArray<Checkpoint> Checkpoints { get; init; } = [];
}

/// <summary>How a segment is ended from outside.</summary>
public enum InterruptKind
{
    /// <summary>For good: nothing is saved.</summary>
    Stop,

    /// <summary>For now: the program saves its state first.</summary>
    Pause,
}
