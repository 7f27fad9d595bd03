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
    BestTrial? Best,
    [property: System.Text.Json.Serialization.JsonPropertyName("elapsed_s")] double ElapsedSeconds)
{
    public static ExperimentResult Of(ExperimentView view) => new(
        view.Id,
        view.Project,
        view.Status,
        view.Metric,
        view.Mode.ToString().ToLowerInvariant(),
        new(view.Trials.Completed, view.Trials.Failed, view.Trials.Stopped, view.Trials.Total),
        view.Best,
        Math.Round((view.UpdatedAt - view.CreatedAt).TotalSeconds, 3));
}

/// <summary>Trials by state; the total has those as well that have not ended.</summary>
internal sealed record ResultCounts(int Completed, int Failed, int Stopped, int Total);
