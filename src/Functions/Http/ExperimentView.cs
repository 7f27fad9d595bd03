using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions.Http;

/// <summary>An experiment as the API shows it.</summary>
public sealed record ExperimentView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Project that it runs.</summary>
    public required string Project { get; init; }

    /// <summary>Where it stands.</summary>
    public required ExperimentStatus Status { get; init; }

    /// <summary>Why it ended or is ending; null while it simply runs.</summary>
    public string? Reason { get; init; }

    /// <summary>Name of the number that is optimised.</summary>
    public required string Metric { get; init; }

    /// <summary>Which direction is better.</summary>
    public required OptimizationMode Mode { get; init; }

    /// <summary>Trials by state.</summary>
    public required TrialCounts Trials { get; init; }

    /// <summary>The best trial; null where no trial has a value.</summary>
    public BestTrial? Best { get; init; }

    /// <summary>How many trials there may be.</summary>
    public required int NumTrials { get; init; }

    /// <summary>How many trials may run at once.</summary>
    public required int MaxConcurrent { get; init; }

    /// <summary>Source of all its randomness.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Name of the searcher.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Name of the trial scheduler.</summary>
    public required string Scheduler { get; init; }

    /// <summary>Where its trials run.</summary>
    public required string Site { get; init; }

    /// <summary>Turns committed so far.</summary>
    public required int Turn { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When something last happened to it.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The view of an experiment.</summary>
    public static ExperimentView Of(ExperimentRecord experiment)
    {
        ExperimentDefinition definition = experiment.Definition;
        ExperimentSummary summary = experiment.Summary;
        return new()
        {
            Id = experiment.Id,
            Project = definition.Project,
            Status = summary.Status,
            Reason = summary.Reason,
            Metric = definition.Metric,
            Mode = definition.Mode,
            Trials = summary.Trials,
            Best = summary.Best,
            NumTrials = definition.NumTrials,
            MaxConcurrent = definition.MaxConcurrent,
            Seed = definition.Seed,
            Algorithm = definition.Algorithm.Name,
            Scheduler = definition.Scheduler.Name,
            Site = definition.Site,
            Turn = summary.Turn,
            CreatedAt = summary.CreatedAt,
            UpdatedAt = summary.UpdatedAt,
            EndedAt = summary.IsFinal ? summary.UpdatedAt : null,
        };
    }
}
