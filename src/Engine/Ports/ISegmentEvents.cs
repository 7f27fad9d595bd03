using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Ports;

/// <summary>What executors and trials tell the system while a segment runs.</summary>
public interface ISegmentEvents
{
    /// <summary>The program of a segment begins. Told only where its costs have a limit (<c>max_cost</c>).</summary>
    Task BeganAsync(SegmentId segment, int attempt, CancellationToken cancellation);

    /// <summary>A running segment reported.</summary>
    /// <param name="segment">Which.</param>
    /// <param name="reports">New reports by ascending step; at least one.</param>
    /// <param name="wait">Whether the program stands still until it is told how to go on.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>What the program does next. Where the answer does not come in time, it goes on.</returns>
    Task<TrialDirective> ReportAsync(SegmentId segment, ImmutableArray<Report> reports, bool wait, CancellationToken cancellation);

    /// <summary>A running segment saved its state, and the artifact store has it. Told before the report or the end that followed.</summary>
    Task CheckpointedAsync(SegmentId segment, Checkpoint checkpoint, CancellationToken cancellation);

    /// <summary>An attempt began at a checkpoint, or at the start because there was none that could be used.</summary>
    /// <param name="segment">Which segment.</param>
    /// <param name="attempt">Which attempt, from 0.</param>
    /// <param name="step">Step of the checkpoint; 0 for the start.</param>
    /// <param name="text">What happened, for people.</param>
    /// <param name="cancellation">Gives up.</param>
    Task RestoredAsync(SegmentId segment, int attempt, long step, string text, CancellationToken cancellation);

    /// <summary>A segment ended: its outcome can be collected. A hint that saves waiting for the next poll.</summary>
    Task EndedAsync(SegmentId segment, CancellationToken cancellation);
}
