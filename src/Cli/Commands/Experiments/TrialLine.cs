using System.Collections.Immutable;
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
    ImmutableArray<Report> Reports,
    int Segments,
    string? Site,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    string? Error,
    string? Reason)
{
    public static TrialLine Of(TrialView trial) => new(
        trial.Trial, trial.State, trial.Value, trial.Config, trial.Reports.IsDefault ? [] : trial.Reports, trial.Segments,
        trial.Site, trial.StartedAt, trial.EndedAt, trial.Error, trial.Reason);
}
