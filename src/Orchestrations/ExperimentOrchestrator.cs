using Microsoft.DurableTask;

namespace HpoServerless.Orchestrations;

/// <summary>Keeps one experiment moving: advance it, sleep until the doorbell or the next deadline, repeat.</summary>
/// <remarks>
/// <para>Decides nothing and holds no results: <see cref="AdvanceExperiment"/> folds what arrived, decides and commits, and the store is the truth.
/// A lost doorbell costs time, never a result, because the deadline wakes it too.</para>
/// <para>History is bounded: after <see cref="ExperimentCursor.RoundsPerHistory"/> rounds it restarts itself and keeps the doorbells that already rang.
/// Nothing is in flight then: trials are orchestrations of their own.</para>
/// <para>Delivery: activities run at least once; a turn is committed once, and asking for it again only sends its messages again.</para>
/// </remarks>
public static class ExperimentOrchestrator
{
    /// <summary>Name of the event that says "something arrived".</summary>
    public const string Doorbell = nameof(Doorbell);

    /// <summary>Longest sleep: what rings no bell is noticed after this time at the latest.</summary>
    public static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(5);

    /// <summary>Runs until the experiment has ended, or its history is long enough.</summary>
    /// <returns>The last turn.</returns>
    /// <exception cref="TaskFailedException">A turn still fails after its retries; the reconciler starts the experiment again.</exception>
    public static async Task<int> RunAsync(TaskOrchestrationContext context, ExperimentCursor cursor)
    {
        Bell bell = new(context, Doorbell);
        int turn = cursor.Turn;
        for (int round = 0; round < cursor.RoundsPerHistory; round++)
        {
            TurnReceipt receipt = await context.CallActivityAsync<TurnReceipt>(
                nameof(AdvanceExperiment), new AdvanceRequest(cursor.ExperimentId, turn), Retries.Transient);
            turn = receipt.NextTurn;
            if (receipt.Finished)
            {
                return turn - 1;
            }

            if (!receipt.More)
            {
                await SleepAsync(context, bell, receipt.WakeAt);
            }
        }

        context.ContinueAsNew(cursor with { Turn = turn });
        return turn - 1;
    }

    private static async Task SleepAsync(TaskOrchestrationContext context, Bell bell, DateTime? wakeAt)
    {
        DateTime latest = context.CurrentUtcDateTime + LongestSleep;
        using CancellationTokenSource rung = new();
        await Task.WhenAny(bell.Rung, context.CreateTimer(wakeAt < latest ? wakeAt.Value : latest, rung.Token));
        bell.TakeAll();
        rung.Cancel(); // not CancelAsync: an orchestrator awaits nothing but durable tasks
    }
}
