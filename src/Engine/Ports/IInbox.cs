using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Ports;

/// <summary>Events that wait to be folded into the next turn of an experiment.</summary>
public interface IInbox
{
    /// <summary>Adds an event. Posting an id that waits already changes nothing: the first one counts.</summary>
    /// <remarks>An id whose event was folded may be posted again and waits again. The engine takes no notice of reports, beginnings and ends that it knows.</remarks>
    /// <exception cref="NotFoundException">There is no such experiment. One that another process removed may be taken for there for a minute.</exception>
    Task PostAsync(string experiment, ExperimentEvent happened, CancellationToken cancellation);

    /// <summary>The events that wait, by ascending id (ordinal), at most <paramref name="max"/> of them.</summary>
    Task<ImmutableArray<ExperimentEvent>> ReadAsync(string experiment, int max, CancellationToken cancellation);

    /// <summary>All events of one segment that wait, by ascending id (ordinal), however many others wait before them.</summary>
    Task<ImmutableArray<ExperimentEvent>> ReadAsync(SegmentId segment, CancellationToken cancellation);
}
