using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling;

/// <summary>All trial schedulers by name: one line each.</summary>
public static class TrialSchedulerRegistry
{
    private const string OptionsPath = "hpo_config.scheduler_param";

    private static readonly ImmutableArray<(string Name, Func<OptionReader, ITrialScheduler> Create)> Entries =
    [
        ("asynchyperband", AsyncHyperBandScheduler.Create),
        ("median", static options => new StopRuleScheduler("median", MedianRule.Read(options), options)),
        ("percentile", static options => new StopRuleScheduler("percentile", PercentileRule.Read(options), options)),
        ("truncation", static options => new StopRuleScheduler("truncation", TruncationRule.Read(options), options)),
        ("bandit", static options => new StopRuleScheduler("bandit", BanditRule.Read(options), options)),
        ("threshold", static options => new StopRuleScheduler("threshold", ThresholdRule.Read(options), options)),
        ("patient", static options => new StopRuleScheduler("patient", PatientRule.Read(options), options)),
        ("none", static _ => new RunToEndScheduler()),
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
        ITrialScheduler scheduler = Find(name)(reader);
        reader.Done();
        return scheduler;
    }

    /// <summary>The options of a scheduler, in the order in which it reads them.</summary>
    /// <exception cref="InvalidInputException">The scheduler is unknown.</exception>
    public static ImmutableArray<AlgorithmOption> OptionsOf(string name)
    {
        OptionReader options = new(null, OptionsPath);
        Find(name)(options);
        return options.Known;
    }

    private static Func<OptionReader, ITrialScheduler> Find(string name)
    {
        foreach ((string known, Func<OptionReader, ITrialScheduler> create) in Entries)
        {
            if (known == name)
            {
                return create;
            }
        }

        throw new InvalidInputException(new Fault("hpo_config.scheduler", $"\"{name}\"", $"must be one of {string.Join(", ", Names)}"));
    }
}
