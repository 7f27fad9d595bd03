using System.Collections.Immutable;
using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling;

/// <summary>One line of the <see cref="TrialSchedulerRegistry"/>.</summary>
/// <param name="Name">Name that experiments give.</param>
/// <param name="Create">Builds it; reads all of its options.</param>
internal sealed record SchedulerEntry(string Name, Func<OptionReader, ITrialScheduler> Create)
{
    /// <summary>Other names for it.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Whether it says itself how far a trial runs, so that trials need no stop key.</summary>
    public bool BoundsTrials { get; init; }

    /// <summary>Whether trials save themselves before they ask.</summary>
    public bool SavesWhenAsking { get; init; }
}
