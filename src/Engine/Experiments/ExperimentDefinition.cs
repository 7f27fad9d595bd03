using System.Collections.Immutable;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Experiments;

/// <summary>Everything that defines an experiment. Valid by construction of its parts, never changed after the start.</summary>
public sealed record ExperimentDefinition
{
    /// <summary>Who started it; null where nobody asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Owner? Owner { get; init; }

    /// <summary>Project that the experiment runs.</summary>
    public required string Project { get; init; }

    /// <summary>What is searched.</summary>
    public required SearchSpace Space { get; init; }

    /// <summary>Name of the reported number that is optimised.</summary>
    public required string Metric { get; init; }

    /// <summary>Which direction of <see cref="Metric"/> is better.</summary>
    public required OptimizationMode Mode { get; init; }

    /// <summary>All metrics that are optimised, <see cref="Metric"/> first; empty where there is only that one.</summary>
    public ImmutableArray<Objective> Objectives { get; init; } = [];

    /// <summary>Up to where the hypervolume of the Pareto front is measured, a reported value for each objective; empty for the rule of <see cref="ParetoReport"/>.</summary>
    public ImmutableArray<double> ReferencePoint { get; init; } = [];

    /// <summary>Names of reported numbers that must be at most 0.</summary>
    public ImmutableArray<string> Constraints { get; init; } = [];

    /// <summary>Configurations, whole or in part, that are evaluated first, as trials 1, 2, ...</summary>
    public ImmutableArray<Configuration> InitialPoints { get; init; } = [];

    /// <summary>Results of earlier experiments that the search begins with; null for none.</summary>
    public WarmStart? WarmStart { get; init; }

    /// <summary>The searcher.</summary>
    public AlgorithmChoice Algorithm { get; init; } = new("random");

    /// <summary>The trial scheduler.</summary>
    public AlgorithmChoice Scheduler { get; init; } = new("asynchyperband");

    /// <summary>How many trials are created at most; at least 1.</summary>
    public required int NumTrials { get; init; }

    /// <summary>How many trials run at the same time at most; at least 1.</summary>
    public required int MaxConcurrent { get; init; }

    /// <summary>How closely the running trials follow the number of workers.</summary>
    public QueueSizes QueueSizes { get; init; } = new();

    /// <summary>When trials save themselves, and what is kept.</summary>
    public CheckpointRules Checkpoint { get; init; } = new();

    /// <summary>Source of all randomness of the experiment.</summary>
    public required ulong Seed { get; init; }

    /// <summary>
    /// A trial is complete when a reported key reaches its threshold: at least it, or, for <see cref="Metric"/> in mode min, at most it.
    /// </summary>
    public ImmutableSortedDictionary<string, double> Stop { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>When the experiment ends early.</summary>
    public StoppingRules Stopping { get; init; } = new();

    /// <summary>What runs for each trial.</summary>
    public required TrialProgram Program { get; init; }

    /// <summary>What one segment of a trial may use.</summary>
    public TrialLimits Limits { get; init; } = new();

    /// <summary>Name of the site that runs the trials; the first of <see cref="Sites"/> where those are given.</summary>
    public string Site { get; init; } = "local";

    /// <summary>The sites that share the trials; empty where there is only <see cref="Site"/>.</summary>
    public ImmutableArray<ExperimentSite> Sites { get; init; } = [];

    /// <summary>Which of <see cref="Sites"/> gets the next segment.</summary>
    public PlacementPolicy Placement { get; init; }

    /// <summary>What the project asks of a grid; null for nothing.</summary>
    public GridWishes? Grid { get; init; }

    /// <summary>Whether a stopped trial is never the best one. Null or false: where none was completed, the best of those that got furthest stands in.</summary>
    public bool? StoppedNeverWins { get; init; }

    /// <summary>Whether trials save themselves before they ask how to go on, because others may go on from there.</summary>
    [JsonIgnore]
    public bool SavesWhenAsking => TrialSchedulerRegistry.SavesWhenAsking(Scheduler.Name);

    /// <summary>Names of all sites that it may use.</summary>
    [JsonIgnore]
    public IEnumerable<string> SiteNames => AllSites.Select(site => site.Name);

    /// <summary>What an hour of one trial costs at a site.</summary>
    internal double CostPerHourAt(string site)
    {
        foreach (ExperimentSite known in Sites)
        {
            if (known.Name == site)
            {
                return known.CostPerHour;
            }
        }

        return 0;
    }

    /// <summary><see cref="Sites"/>, and where there are none <see cref="Site"/> alone.</summary>
    internal ImmutableArray<ExperimentSite> AllSites => Sites.IsEmpty ? [new(Site)] : Sites;

    /// <summary><see cref="Objectives"/>, and where there are none <see cref="Metric"/> alone.</summary>
    internal ImmutableArray<Objective> AllObjectives => Objectives.IsEmpty ? [new(Metric, Mode)] : Objectives;

    /// <summary>A reported value of <see cref="Metric"/> as the algorithms see it: smaller is better.</summary>
    public double Minimised(double value) => Mode == OptimizationMode.Min ? value : -value;
}
