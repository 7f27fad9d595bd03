using System.Collections.Immutable;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Functions.Http;

/// <summary>A trial as the API shows it.</summary>
/// <param name="Trial">Its number.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Value">Latest finite value of the metric.</param>
/// <param name="Config">What is evaluated.</param>
/// <param name="Reports">What it reported, by ascending step.</param>
/// <param name="Segments">How many segments were started.</param>
/// <param name="Attempts">How often they were started in all.</param>
/// <param name="Site">Where its latest segment ran.</param>
/// <param name="StartedAt">When it was created.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Reason">Why it ended, or was told to stop.</param>
public sealed record TrialView(
    int Trial,
    TrialStatus State,
    double? Value,
    Configuration Config,
    ReportSeries Reports,
    int Segments,
    int Attempts,
    string? Site,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    string? Error,
    string? Reason)
{
    /// <summary>States that it can go on from, by ascending step; null where it saved none, or they are gone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<CheckpointView>? Checkpoints { get; init; }

    /// <summary>Where it went on from other trials, oldest first; null for nowhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<TrialOrigin>? Origins { get; init; }

    /// <summary>The view of a trial.</summary>
    public static TrialView Of(Trial trial) => new(
        trial.Number, trial.Status, trial.Value, trial.Configuration, trial.Reports, trial.Segment + 1, trial.Attempts,
        trial.Site, trial.StartedAt, trial.EndedAt, trial.Error, trial.Reason)
    {
        Checkpoints = trial.Checkpoints.IsEmpty ? null : [.. trial.Checkpoints.Select(kept => new CheckpointView(kept.Step, kept.Bytes, kept.Sha256))],
        Origins = trial.Origins.IsEmpty ? null : trial.Origins,
    };
}
