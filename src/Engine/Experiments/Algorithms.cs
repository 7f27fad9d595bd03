using System.Collections.Immutable;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Stopping;

namespace HpoServerless.Engine.Experiments;

/// <summary>The algorithms that an experiment's definition names, built once a definition.</summary>
internal sealed record Algorithms(ISearcher Searcher, ITrialScheduler Scheduler, ImmutableArray<IStopper> Stoppers)
{
    public static Algorithms For(ExperimentDefinition definition) => new(
        SearcherRegistry.Create(definition.Algorithm.Name, definition.Algorithm.Options, definition.Space),
        TrialSchedulerRegistry.Create(definition.Scheduler.Name, definition.Scheduler.Options),
        StopperRegistry.All);
}
