using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Projects;

/// <summary>What a single run changes of its project. Null members change nothing.</summary>
/// <param name="Seed">In [0, 2^63).</param>
/// <param name="MaxConcurrent">At least 1.</param>
/// <param name="TimeLimit">Longest experiment; above 0.</param>
/// <param name="NumTrials">At least 1.</param>
/// <param name="Isolate">Whether every trial gets a fresh process.</param>
public sealed record RunOverrides(ulong? Seed = null, int? MaxConcurrent = null, TimeSpan? TimeLimit = null, int? NumTrials = null, bool? Isolate = null)
{
    /// <summary>An earlier experiment to go on from.</summary>
    public string? PreviousResult { get; init; }

    /// <summary>How it is gone on from.</summary>
    public WarmStartStrategy? WarmStartStrategy { get; init; }

    /// <summary>Names of the sites that run its trials; empty for the project's own. Of those that the project has, its slots and prices hold.</summary>
    public ImmutableArray<string> Sites { get; init; } = [];

    /// <summary>A run that changes nothing.</summary>
    public static RunOverrides None { get; } = new();

    /// <exception cref="InvalidInputException">A member is out of range; lists all that are.</exception>
    internal void Check()
    {
        List<Fault> faults = [];
        Require(Seed is not > long.MaxValue, "seed", Seed, $"must be at most {long.MaxValue}");
        Require(MaxConcurrent is not < 1, "max_concurrent", MaxConcurrent, "must be at least 1");
        Require(!(TimeLimit <= TimeSpan.Zero), "time_limit_s", TimeLimit?.TotalSeconds, "must be above 0");
        Require(NumTrials is not < 1, "num_trials", NumTrials, "must be at least 1");
        Require(!Sites.Contains(string.Empty), "sites", Sites, "must be names of sites");
        Require(Sites.Distinct(StringComparer.Ordinal).Count() == Sites.Length, "sites", Sites, "must name every site once");
        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        void Require(bool isMet, string path, object? value, string rule)
        {
            if (!isMet)
            {
                faults.Add(new(path, JsonSerializer.Serialize(value), rule));
            }
        }
    }
}
