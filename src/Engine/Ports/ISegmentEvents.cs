using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Ports;

/// <summary>What executors and trials tell the system while a segment runs.</summary>
public interface ISegmentEvents
{
    /// <summary>A running segment reported.</summary>
    /// <param name="segment">Which.</param>
    /// <param name="reports">New reports by ascending step; at least one.</param>
    /// <param name="wait">Whether the program stands still until it is told how to go on.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>What the program does next. Where the answer does not come in time, it goes on.</returns>
    Task<TrialDirective> ReportAsync(SegmentId segment, ImmutableArray<Report> reports, bool wait, CancellationToken cancellation);

    /// <summary>A segment ended: its outcome can be collected. A hint that saves waiting for the next poll.</summary>
    Task EndedAsync(SegmentId segment, CancellationToken cancellation);
}
