using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Stopping;

namespace HpoServerless.Engine.Experiments;

/// <summary>The algorithms that an experiment's definition names, built once a definition.</summary>
internal sealed record Algorithms(ISearcher Searcher, ITrialScheduler Scheduler, ImmutableArray<IStopper> Stoppers)
{
    public static Algorithms For(ExperimentDefinition definition) => new(
        CreateSearcher(definition),
        TrialSchedulerRegistry.Create(definition.Scheduler.Name, definition.Scheduler.Options),
        StopperRegistry.All);

    private static ISearcher CreateSearcher(ExperimentDefinition definition)
    {
        string name = definition.Algorithm.Name;
        ISearcher searcher = SearcherRegistry.Create(name, definition.Algorithm.Options, definition.Space);
        ImmutableArray<Fault> faults = SearcherRegistry.FaultsOf(name, definition.Objectives.Length, definition.Constraints.Length, definition.Algorithm.Options);
        return !faults.IsEmpty ? throw new InvalidInputException(faults)
            : definition.InitialPoints.IsEmpty ? searcher
            : new InitialPointsSearcher(searcher, definition.InitialPoints);
    }
}
