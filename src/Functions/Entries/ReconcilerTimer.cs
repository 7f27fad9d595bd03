using HpoServerless.Orchestrations;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Entries;

/// <summary>Looks after all experiments at the start and every five minutes.</summary>
public sealed partial class ReconcilerTimer(Reconciler reconciler, ILogger<ReconcilerTimer> logger)
{
    /// <summary>Puts right what was left behind.</summary>
    [Function(nameof(Reconciler))]
    public async Task RunAsync(
        [TimerTrigger("0 */5 * * * *", RunOnStartup = true)] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        ReconcileReport report = await reconciler.RunAsync(client, cancellation);
        if (report.Restarted + report.Resent > 0)
        {
            LogMended(report.Restarted, report.Resent);
        }
    }

    [LoggerMessage(1011, LogLevel.Information, "{Restarted} experiments were started again, {Resent} trials were sent again")]
    private partial void LogMended(int restarted, int resent);
}
