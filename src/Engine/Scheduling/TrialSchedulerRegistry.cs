using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Scheduling.Brackets;
using HpoServerless.Engine.Scheduling.Population;
using HpoServerless.Engine.Scheduling.CurvePromotion;
using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling;

/// <summary>All trial schedulers by name: one line each.</summary>
public static class TrialSchedulerRegistry
{
    private const string OptionsPath = "hpo_config.scheduler_param";

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

    /// <summary>What the options of a scheduler say of hyperparameters that the space does not have.</summary>
    /// <param name="scheduler">What <see cref="Create"/> built.</param>
    /// <param name="space">The space of the experiment.</param>
    public static ImmutableArray<Fault> FaultsIn(ITrialScheduler scheduler, Space.SearchSpace space) => scheduler is ISpaceRules rules
        ? [.. rules.FaultsIn(space).Select(fault => fault with { Path = $"{OptionsPath}.{fault.Path}" })]
        : [];

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

    /// <summary>Whether trials under this scheduler save themselves before they ask; false where it is unknown.</summary>
    public static bool SavesWhenAsking(string name) => FindOrNull(name) is { SavesWhenAsking: true };

    private static PopulationScheduler Pb2(PopulationOptions population, OptionReader options) => new("pb2", population, new BanditExplorer("pb2", population, options));

    private static SchedulerEntry? FindOrNull(string name) => Entries.FirstOrDefault(entry => entry.Name == name || entry.Aliases.Contains(name));

    private static SchedulerEntry Find(string name) =>
        FindOrNull(name) ?? throw new InvalidInputException(new Fault("hpo_config.scheduler", $"\"{name}\"", $"must be one of {string.Join(", ", Names)}"));
}
