using System.Collections.Immutable;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>What a run prints with <c>--json</c>.</summary>
internal sealed record ExperimentResult(
    string Experiment,
    string Project,
    ExperimentStatus Status,
    string Metric,
    string Mode,
    ResultCounts Trials,
    long Steps,
    BestTrial? Best,
    [property: JsonPropertyName("elapsed_s")] double ElapsedSeconds)
{
    /// <summary>Why it has ended, or is about to.</summary>
    public string? Reason { get; init; }

    /// <summary>What its segments cost; missing where its sites cost nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Cost { get; init; }

    /// <summary>With several metrics: the trials that none dominates.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<FrontTrial>? Front { get; init; }

    /// <summary>With several metrics: how much the front dominates.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HypervolumeOfFront? Hypervolume { get; init; }

    /// <summary>What would not be noticed otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? Remarks { get; init; }

    public static ExperimentResult Of(ExperimentView view) => new(
        view.Id,
        view.Project,
        view.Status,
        view.Metric,
        view.Mode.ToString().ToLowerInvariant(),
        new(view.Trials.Completed, view.Trials.Failed, view.Trials.Stopped, view.Trials.Total),
        view.Steps,
        view.Best,
        Math.Round((view.UpdatedAt - view.CreatedAt).TotalSeconds, 3))
    {
        Reason = view.Reason,
        Cost = view.Cost,
        Front = view.Front,
        Hypervolume = view.Hypervolume,
        Remarks = view.Remarks,
    };
}

/// <summary>Trials by state; the total has those as well that have not ended.</summary>
internal sealed record ResultCounts(int Completed, int Failed, int Stopped, int Total);
