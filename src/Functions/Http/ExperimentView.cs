using System.Collections.Immutable;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions.Http;

/// <summary>An experiment as the API shows it.</summary>
public sealed record ExperimentView
{
    private const int ReadAtOnce = 16;

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Project that it runs.</summary>
    public required string Project { get; init; }

    /// <summary>Who started it; null where nobody asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Owner { get; init; }

    /// <summary>Where it stands.</summary>
    public required ExperimentStatus Status { get; init; }

    /// <summary>Why it ended or is ending; null while it simply runs.</summary>
    public string? Reason { get; init; }

    /// <summary>Name of the number that is optimised.</summary>
    public required string Metric { get; init; }

    /// <summary>Which direction is better.</summary>
    public required OptimizationMode Mode { get; init; }

    /// <summary>All metrics that are optimised; null where there is only that one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<Objective>? Metrics { get; init; }

    /// <summary>Numbers that must be at most 0; null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? Constraints { get; init; }

    /// <summary>What earlier experiments contributed; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WarmStartView? WarmStart { get; init; }

    /// <summary>Trials by state.</summary>
    public required TrialCounts Trials { get; init; }

    /// <summary>Steps (reports, epochs) that its trials went in all, each counted once.</summary>
    public long Steps { get; init; }

    /// <summary>Steps of the trial that went furthest.</summary>
    public long MostSteps { get; init; }

    /// <summary>What a person would not notice otherwise, a clause each; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? Remarks { get; init; }

    /// <summary>What its ended segments cost; null where its sites cost nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Cost { get; init; }

    /// <summary>The sites that share its trials; null where there is only <see cref="Site"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Sites { get; init; }

    /// <summary>The best trial; null where no trial has a value.</summary>
    public BestTrial? Best { get; init; }

    /// <summary>The trials that none dominates, best value of the first metric first; null where there is a single metric, and in lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<FrontTrial>? Front { get; init; }

    /// <summary>How much the front dominates; null where there is none to measure.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HypervolumeOfFront? Hypervolume { get; init; }

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

    /// <summary>The view of an experiment with its Pareto front, which is read from its trials.</summary>
    public static async Task<ExperimentView> WithFrontAsync(ExperimentRecord experiment, ITrialStore trials, CancellationToken cancellation)
    {
        ExperimentView view = Of(experiment);
        if (view.Metrics is null)
        {
            return view;
        }

        List<Trial> front = [];
        foreach (int[] numbers in (experiment.Summary.Front?.Trials ?? []).Chunk(ReadAtOnce))
        {
            Trial?[] found = await Task.WhenAll(numbers.Select(number => trials.FindAsync(experiment.Id, number, cancellation)));
            front.AddRange(found.OfType<Trial>());
        }

        ParetoReport report = ParetoReport.Of(experiment.Definition, experiment.Summary.Front, front);
        return view with { Front = report.Front, Hypervolume = report.Hypervolume };
    }

    /// <summary>The view of an experiment, without its Pareto front.</summary>
    public static ExperimentView Of(ExperimentRecord experiment)
    {
        ExperimentDefinition definition = experiment.Definition;
        ExperimentSummary summary = experiment.Summary;
        return new()
        {
            Id = experiment.Id,
            Project = definition.Project,
            Owner = definition.Owner?.Name,
            Status = summary.Status,
            Reason = summary.Reason,
            Metric = definition.Metric,
            Mode = definition.Mode,
            Metrics = definition.Objectives.IsEmpty ? null : definition.Objectives,
            Constraints = definition.Constraints.IsEmpty ? null : definition.Constraints,
            WarmStart = definition.WarmStart is { } warmStart ? WarmStartView.Of(warmStart, definition) : null,
            Trials = summary.Trials,
            Steps = summary.Steps,
            MostSteps = summary.MostSteps,
            Remarks = ExperimentRemarks.Of(definition, summary).ToImmutableArray() is { IsEmpty: false } remarks ? remarks : null,
            Cost = definition.Sites.Any(site => site.CostPerHour > 0) ? summary.Cost : null,
            Sites = definition.Sites.IsEmpty ? null : [.. definition.SiteNames],
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
