using System.Collections.Immutable;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>A trial as <c>experiment trials --json</c> prints it.</summary>
internal sealed record TrialLine(
    int Trial,
    TrialStatus State,
    double? Value,
    Configuration Config,
    ReportSeries Reports,
    int Segments,
    string? Site,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    string? Error,
    string? Reason)
{
    /// <summary>States that it can go on from.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<CheckpointView>? Checkpoints { get; init; }

    /// <summary>Where it went on from other trials.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<TrialOrigin>? Origins { get; init; }

    public static TrialLine Of(TrialView trial) => new(
        trial.Trial, trial.State, trial.Value, trial.Config, trial.Reports ?? [], trial.Segments,
        trial.Site, trial.StartedAt, trial.EndedAt, trial.Error, trial.Reason)
    {
        Checkpoints = trial.Checkpoints,
        Origins = trial.Origins,
    };
}
