using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>What this machine remembers of a segment that runs on a node without a connection.</summary>
/// <param name="Node">Name of the node.</param>
/// <param name="Name">Its folder there, below <c>kept/</c>.</param>
/// <param name="Work">The segment.</param>
/// <param name="Starts">How often it was started, this time included.</param>
/// <param name="StartedAt">When.</param>
/// <param name="Step">Step that it began at.</param>
/// <param name="LogFrom">Where its part of the trial's log begins on this machine.</param>
internal sealed record DetachedRecord(string Node, string Name, SegmentWork Work, int Starts, DateTimeOffset StartedAt, long Step, long LogFrom);
