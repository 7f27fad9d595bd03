using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Scheduling.Brackets;
using HpoServerless.Engine.Scheduling.CurvePromotion;
using HpoServerless.Engine.Scheduling.Population;
using HpoServerless.Engine.Scheduling.StopRules;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling;

/// <summary>All trial schedulers by name: one line each.</summary>
public static class TrialSchedulerRegistry
{
    private const string OptionsPath = "hpo_config.scheduler_param";

    /// <summary>Trials that are looked at to see when they ask first: brackets are drawn.</summary>
    private const int Sample = 64;

    private static readonly ImmutableArray<SchedulerEntry> Entries =
    [
        new("curve_promotion", CurvePromotionScheduler.Create) { BoundsTrials = true },
        new("asynchyperband", AsyncHyperBandScheduler.Create) { Aliases = ["asha"] },
        new("hyperband", BracketOptions.Hyperband) { BoundsTrials = true },
        new("bohbhyperband", BracketOptions.BohbHyperband) { BoundsTrials = true, Aliases = ["hb_bohb", "ultraopt_hyperband"] },
        new("successive_halving", BracketOptions.SuccessiveHalving) { BoundsTrials = true },
        new("custom_brackets", BracketOptions.Custom) { BoundsTrials = true },
        new("median", static options => new StopRuleScheduler("median", MedianRule.Read(options), options)),
        new("percentile", static options => new StopRuleScheduler("percentile", PercentileRule.Read(options), options)),
        new("truncation", static options => new StopRuleScheduler("truncation", TruncationRule.Read(options), options)),
        new("bandit", static options => new StopRuleScheduler("bandit", BanditRule.Read(options), options)),
        new("threshold", static options => new StopRuleScheduler("threshold", ThresholdRule.Read(options), options)),
        new("curve_fitting", static options => new StopRuleScheduler("curve_fitting", CurveFittingRule.Read(options), options)),
        new("patient", static options => new StopRuleScheduler("patient", PatientRule.Read(options), options)),
        new("pbt", static options => new PopulationScheduler("pbt", PopulationOptions.Read(options), PerturbingExplorer.Read("pbt", options))) { BoundsTrials = true, SavesWhenAsking = true },
        new("pb2", static options => Pb2(PopulationOptions.Read(options), options)) { BoundsTrials = true, SavesWhenAsking = true },
        new("none", static _ => new RunToEndScheduler()),
    ];

    /// <summary>Names that an experiment may give, in the order in which they are listed to people.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Entries.Select(e => e.Name)];

    /// <summary>Builds a scheduler.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="options">JSON object of options; null means all defaults.</param>
    /// <exception cref="InvalidInputException">Unknown name; unknown or out-of-range options. Lists all faults, with what is valid.</exception>
    public static ITrialScheduler Create(string name, JsonElement? options)
    {
        OptionReader reader = new(options, OptionsPath);
        ITrialScheduler scheduler = Find(name).Create(reader);
        reader.Done();
        return scheduler;
    }

    /// <summary>All that is wrong with a scheduler's name and options, by themselves and in a space.</summary>
    /// <param name="name">What the experiment gives.</param>
    /// <param name="options">JSON object of options; null means all defaults.</param>
    /// <param name="space">The space of the experiment; null where it is not known, which leaves its rules out.</param>
    public static ImmutableArray<Fault> FaultsOf(string name, JsonElement? options, SearchSpace? space)
    {
        if (FindOrNull(name) is not { } entry)
        {
            return [Unknown(name)];
        }

        OptionReader reader = new(options, OptionsPath);
        ITrialScheduler scheduler = entry.Create(reader);
        ImmutableArray<Fault> ofSpace = scheduler is ISpaceRules rules && space is not null
            ? [.. rules.FaultsIn(space).Select(fault => fault with { Path = $"{OptionsPath}.{fault.Path}" })]
            : [];
        return [.. reader.End(), .. ofSpace];
    }

    /// <summary>The options of a scheduler, in the order in which it reads them.</summary>
    /// <exception cref="InvalidInputException">The scheduler is unknown.</exception>
    public static ImmutableArray<AlgorithmOption> OptionsOf(string name)
    {
        OptionReader options = new(null, OptionsPath);
        Find(name).Create(options);
        return options.Known;
    }

    /// <summary>Whether trials under this scheduler need no stop key to come to an end; false where it is unknown.</summary>
    public static bool BoundsTrials(string name) => FindOrNull(name) is { BoundsTrials: true };

    /// <summary>Other names for a scheduler; none where it is unknown.</summary>
    public static ImmutableArray<string> AliasesOf(string name) => FindOrNull(name)?.Aliases ?? [];

    /// <summary>The first step at which a trial asks the scheduler how to go on; null where trials never ask, or the scheduler cannot be built.</summary>
    /// <param name="name">What the experiment gives.</param>
    /// <param name="options">JSON object of options; null means all defaults.</param>
    /// <param name="space">The space of the experiment.</param>
    internal static long? FirstAsk(string name, JsonElement? options, SearchSpace space)
    {
        if (!FaultsOf(name, options, space: null).IsEmpty)
        {
            return null;
        }

        SchedulerStep step = Create(name, options).Decide(new()
        {
            Space = space,
            Seed = 0,
            Reports = [],
            Running = [],
            Paused = [],
            FreeSlots = Sample,
            CreatableTrials = Sample,
            NextTrial = 1,
        });
        return step.Starts.Select(limit => limit.Until).Min();
    }

    /// <summary>Whether trials under this scheduler save themselves before they ask; false where it is unknown.</summary>
    public static bool SavesWhenAsking(string name) => FindOrNull(name) is { SavesWhenAsking: true };

    private static PopulationScheduler Pb2(PopulationOptions population, OptionReader options) => new("pb2", population, new BanditExplorer("pb2", population, options));

    private static SchedulerEntry? FindOrNull(string name) => Entries.FirstOrDefault(entry => entry.Name == name || entry.Aliases.Contains(name));

    private static SchedulerEntry Find(string name) =>
        FindOrNull(name) ?? throw new InvalidInputException(Unknown(name));

    private static Fault Unknown(string name) => new("hpo_config.scheduler", $"\"{name}\"", $"must be one of {string.Join(", ", Entries.Select(Known))}");

    private static string Known(SchedulerEntry entry) => entry.Aliases.IsEmpty ? entry.Name : $"{entry.Name} (or {string.Join(", ", entry.Aliases)})";
}
