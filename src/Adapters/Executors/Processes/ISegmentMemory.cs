using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Segments that a host before this one began, and that may still run.</summary>
internal interface ISegmentMemory
{
    /// <summary>What was begun and never collected; null for nothing.</summary>
    SegmentWork? Recall(SegmentId segment);

    /// <summary>Nobody wants a segment any more that no worker of this host runs.</summary>
    void Leave(SegmentId segment);

    /// <summary>The same for all segments of an experiment.</summary>
    void LeaveAll(string experiment);
}
