using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>A segment that was begun on a worker.</summary>
/// <param name="Work">The segment.</param>
/// <param name="Starts">How often it was started, this time included.</param>
/// <param name="StartedAt">When.</param>
/// <param name="Beginning">Where it began, and where it saves itself.</param>
internal sealed record SegmentUnderWay(SegmentWork Work, int Starts, DateTimeOffset StartedAt, SegmentBeginning Beginning);
