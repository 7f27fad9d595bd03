using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling;

/// <summary>All trial schedulers by name: one line each.</summary>
public static class TrialSchedulerRegistry
{
    private static readonly ImmutableArray<(string Name, Func<OptionReader, ITrialScheduler> Create)> Entries =
    [
        ("asynchyperband", AsyncHyperBandScheduler.Create),
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
        foreach ((string known, Func<OptionReader, ITrialScheduler> create) in Entries)
        {
            if (known == name)
            {
                OptionReader reader = new(options, "hpo_config.scheduler_param");
                ITrialScheduler scheduler = create(reader);
                reader.Done();
                return scheduler;
            }
        }

        throw new InvalidInputException(new Fault("hpo_config.scheduler", $"\"{name}\"", $"must be one of {string.Join(", ", Names)}"));
    }
}
