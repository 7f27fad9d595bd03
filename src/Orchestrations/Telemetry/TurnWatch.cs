using System.Diagnostics;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Placement;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Orchestrations.Telemetry;

/// <summary>Tells logs and metrics what a committed turn changed. A turn that is committed elsewhere is told there, so each is told once.</summary>
/// <param name="logger">Where to.</param>
internal sealed partial class TurnWatch(ILogger logger)
{
    /// <summary>A turn was committed by this process.</summary>
    /// <param name="id">The experiment.</param>
    /// <param name="before">What it was before.</param>
    /// <param name="result">The turn.</param>
    /// <param name="waiting">Events that waited.</param>
    /// <param name="took">How long it took.</param>
    public void OnCommitted(string id, ExperimentState before, AdvanceResult result, int waiting, TimeSpan took)
    {
        Instruments.TurnDuration.Record(took.TotalSeconds);
        Instruments.TurnInbox.Record(waiting);
        if (!Instruments.CountsTurns && !logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        using IDisposable? scope = logger.OfExperiment(id);
        int known = before.Summary.Trials.Total;
        foreach (int number in result.ChangedTrials)
        {
            Trial now = result.State.TrialAt(number);
            if (number > known || before.TrialAt(number).Status != now.Status)
            {
                OnTrial(id, now);
            }
        }

        foreach (ExperimentEvent happened in result.Turn!.Events)
        {
            OnEvent(before, known, happened);
        }

        CountCost(before, result.State);
        ExperimentSummary summary = result.State.Summary;
        if (summary.IsFinal)
        {
            Instruments.Experiments.Add(1, new KeyValuePair<string, object?>("hpo.status", summary.Status.ToString()));
            TrialCounts trials = summary.Trials;
            LogExperimentEnded(id, summary.Status, summary.Reason, trials.Completed, trials.Failed, trials.Stopped, summary.Cost);
        }
    }

    private static void OnEvent(ExperimentState before, int known, ExperimentEvent happened)
    {
        switch (happened)
        {
            case TrialReported reported:
                Instruments.Reports.Add(reported.Reports.Length);
                break;
            case SegmentEnded ended when ended.Trial <= known && before.TrialAt(ended.Trial) is { Status: TrialStatus.Running } trial && trial.Segment == ended.Segment:
                Instruments.Reports.Add(ended.Outcome.Reports.Length);
                TagList tags = new() { { "hpo.outcome", ended.Outcome.Status.ToString() }, { "hpo.site", trial.Site ?? ended.Outcome.Site } };
                Instruments.Segments.Add(1, tags);
                break;
            default:
                break;
        }
    }

    private static void CountCost(ExperimentState before, ExperimentState after)
    {
        if (!Instruments.Cost.Enabled || after.Summary.Cost <= before.Summary.Cost)
        {
            return;
        }

        foreach ((string site, SiteUsage usage) in after.Usage)
        {
            double seconds = usage.Seconds - (before.Usage.TryGetValue(site, out SiteUsage? earlier) ? earlier.Seconds : 0);
            double price = after.Definition.Sites.FirstOrDefault(known => known.Name == site)?.CostPerHour ?? 0;
            if (seconds * price > 0)
            {
                Instruments.Cost.Add(seconds / 3600 * price, new KeyValuePair<string, object?>("hpo.site", site));
            }
        }
    }

    private void OnTrial(string id, Trial trial)
    {
        Instruments.Trials.Add(1, new KeyValuePair<string, object?>("hpo.state", trial.Status.ToString()));
        switch (trial.Status)
        {
            case TrialStatus.Completed:
                LogTrialSucceeded(id, trial.Number, trial.Segment, trial.Site, trial.Value);
                break;
            case TrialStatus.Failed:
                LogTrialFailed(id, trial.Number, trial.Segment, trial.Site, trial.Error ?? trial.Reason);
                break;
            case TrialStatus.Stopped:
                LogTrialStopped(id, trial.Number, trial.Segment, trial.Site, trial.Reason);
                break;
            default:
                break;
        }
    }

    [LoggerMessage(1201, LogLevel.Information, "Trial {Trial} of {Experiment} succeeded in segment {Segment} at {Site} with {Value}", EventName = "TrialSucceeded")]
    private partial void LogTrialSucceeded(string experiment, int trial, int segment, string? site, double? value);

    [LoggerMessage(1202, LogLevel.Warning, "Trial {Trial} of {Experiment} failed in segment {Segment} at {Site}: {Error}", EventName = "TrialFailed")]
    private partial void LogTrialFailed(string experiment, int trial, int segment, string? site, string? error);

    [LoggerMessage(1203, LogLevel.Information, "Trial {Trial} of {Experiment} was stopped in segment {Segment} at {Site}: {Reason}", EventName = "TrialStopped")]
    private partial void LogTrialStopped(string experiment, int trial, int segment, string? site, string? reason);

    [LoggerMessage(1204, LogLevel.Information, "Experiment {Experiment} ended as {Status} ({Reason}): {Completed} trials completed, {Failed} failed, {Stopped} stopped, cost {Cost}", EventName = "ExperimentEnded")]
    private partial void LogExperimentEnded(string experiment, ExperimentStatus status, string? reason, int completed, int failed, int stopped, double cost);
}
