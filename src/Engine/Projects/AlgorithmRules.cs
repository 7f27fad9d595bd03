using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Projects;

/// <summary>Whether the algorithms that a configuration names exist, take its options and can search its space.</summary>
internal static class AlgorithmRules
{
    private const string StepKey = "training_iteration";

    private static readonly SearchSpace AnySpace = SearchSpace.Parse("""{"any": {"method": "categorical", "dimension": {"categories": [0, 1]}}}""");

    /// <param name="config">Names and options.</param>
    /// <param name="space">The space; null where it is not known, which leaves its rules out.</param>
    public static IEnumerable<Fault> FaultsOf(HpoConfig config, SearchSpace? space)
    {
        ImmutableArray<Fault> search = FaultsOf(() => SearcherRegistry.Create(config.Algorithm, config.AlgorithmParam, space ?? AnySpace), config.Algorithm);
        ImmutableArray<Fault> scheduling = TrialSchedulerRegistry.FaultsOf(config.Scheduler, config.SchedulerParam, space);
        ImmutableArray<Fault> demands = SearcherRegistry.FaultsOf(config.Algorithm, config.Goals.Objectives.Length, config.Goals.Constraints.Length, config.AlgorithmParam);
        return search.Where(fault => space is not null || fault.Path.StartsWith(HpoConfig.DocumentName, StringComparison.Ordinal)).Concat(demands).Concat(scheduling);
    }

    /// <summary>What is allowed and yet hardly meant.</summary>
    public static IEnumerable<string> RemarksOn(HpoConfig config)
    {
        bool isChosen = config.Scheduler != new HpoConfig().Scheduler || (config.SchedulerParam is { ValueKind: JsonValueKind.Object } given && given.EnumerateObject().Any());
        if (!isChosen || !config.Stop.TryGetValue(StepKey, out double end) || TrialSchedulerRegistry.FirstAsk(config.Scheduler, config.SchedulerParam, AnySpace) is not { } first || end > first)
        {
            yield break;
        }

        string steps = config.SchedulerParam is { ValueKind: JsonValueKind.Object } options && options.TryGetProperty("max_t", out JsonElement most) ? most.GetRawText() : "N";
        string meaning = steps == "N" ? ", N being how far a trial goes at most" : string.Empty;
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"the scheduler {config.Scheduler} has nothing to decide: it first looks at a trial at step {first}, and hpo_config.stop ends every trial at {StepKey} {end:R}; write \"stop\": {{\"{StepKey}\": {steps}}}{meaning}, or \"stop\": {{}} where the program ends by itself");
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
