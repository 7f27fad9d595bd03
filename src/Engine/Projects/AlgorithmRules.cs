using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Projects;

/// <summary>Whether the algorithms that a configuration names exist, take its options and can search its space.</summary>
internal static class AlgorithmRules
{
    private static readonly SearchSpace AnySpace = SearchSpace.Parse("""{"any": {"method": "categorical", "dimension": {"categories": [0, 1]}}}""");

    /// <param name="config">Names and options.</param>
    /// <param name="space">The space; null where it is not known, which leaves its rules out.</param>
    public static IEnumerable<Fault> FaultsOf(HpoConfig config, SearchSpace? space)
    {
        ImmutableArray<Fault> search = FaultsOf(() => SearcherRegistry.Create(config.Algorithm, config.AlgorithmParam, space ?? AnySpace), config.Algorithm);
        ImmutableArray<Fault> scheduling = FaultsOf(() => Scheduler(config, space), config.Scheduler);
        ImmutableArray<Fault> demands = SearcherRegistry.FaultsOf(config.Algorithm, config.Goals.Objectives.Length, config.Goals.Constraints.Length, config.AlgorithmParam);
        return search.Where(fault => space is not null || fault.Path.StartsWith(HpoConfig.DocumentName, StringComparison.Ordinal)).Concat(demands).Concat(scheduling);
    }

    private static ITrialScheduler Scheduler(HpoConfig config, SearchSpace? space)
    {
        ITrialScheduler scheduler = TrialSchedulerRegistry.Create(config.Scheduler, config.SchedulerParam);
        ImmutableArray<Fault> faults = space is null ? [] : TrialSchedulerRegistry.FaultsIn(scheduler, space);
        return faults.IsEmpty ? scheduler : throw new InvalidInputException(faults);
    }

    private static ImmutableArray<Fault> FaultsOf(Func<object> create, string name)
    {
        try
        {
            create();
            return [];
        }
        catch (InvalidInputException error)
        {
            return error.Faults;
        }
        catch (UnsupportedSpaceException error)
        {
            return [new($"{HpoConfig.DocumentName}.algorithm", JsonSerializer.Serialize(name), $"cannot search this space: {error.Message}")];
        }
    }
}
