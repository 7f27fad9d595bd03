using System.Diagnostics;
using HpoServerless.Functions.Telemetry;
using HpoServerless.Orchestrations;
using HpoServerless.Orchestrations.Telemetry;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Entries;

/// <summary>Looks after all experiments at the start and every five minutes.</summary>
public sealed partial class ReconcilerTimer(Reconciler reconciler, ILogger<ReconcilerTimer> logger)
{
    /// <summary>Puts right what was left behind.</summary>
    /// <exception cref="AggregateException">Some experiments could not be put right now; holds why.</exception>
    [Function(nameof(Reconciler))]
    public async Task RunAsync(
        [TimerTrigger("0 */5 * * * *", RunOnStartup = true)] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        using Activity? span = Spans.Source.StartActivity("reconcile");
        ReconcileReport report = await reconciler.RunAsync(client, cancellation);
        if (report.Restarted + report.Resent > 0)
        {
            LogMended(report.Restarted, report.Resent);
        }

        foreach (StuckExperiment stuck in report.Stuck)
        {
            using IDisposable? scope = logger.OfExperiment(stuck.Id);
            LogStuck(stuck.Id, stuck.LastTurn, stuck.Waiting, stuck.Lost);
        }

        if (!report.Failures.IsEmpty)
        {
            throw new AggregateException(report.Failures);
        }
    }

    [LoggerMessage(1011, LogLevel.Information, "{Restarted} experiments were started again, {Resent} trials were sent again", EventName = "ReconcilerMended")]
    private partial void LogMended(int restarted, int resent);

    [LoggerMessage(1012, LogLevel.Error, "Experiment {Experiment} is stuck: its last turn was at {LastTurn}, {Waiting} events wait and {Lost} trials were lost", EventName = "ExperimentStuck")]
    private partial void LogStuck(string experiment, DateTimeOffset lastTurn, int waiting, int lost);
}
