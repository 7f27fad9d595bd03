using Microsoft.DurableTask;

namespace HpoServerless.Orchestrations;

/// <summary>Runs one segment of a trial: submit it, wait for its end, collect the outcome, ring the experiment's doorbell.</summary>
/// <remarks>
/// <para>The instance id is the segment's, so that starting it twice is starting it once. The handle is in the history before anything else happens.</para>
/// <para>Polls with a growing pause, because "ended" is only a hint; what the infrastructure lost is started again up to the retry limit.</para>
/// <para>History is bounded: after <see cref="PollsPerHistory"/> polls it restarts itself with the handle.</para>
/// </remarks>
public static class TrialOrchestrator
{
    /// <summary>Name of the event that says that the segment ended.</summary>
    public const string Ended = nameof(Ended);

    /// <summary>What <see cref="Ended"/> says where the outcome is in the inbox already, told by the trial itself.</summary>
    public const string Told = "told";

    /// <summary>Name of the event that asks the segment to pause or stop.</summary>
    public const string Interrupt = nameof(Interrupt);

    /// <summary>After how many polls the history is started anew.</summary>
    public const int PollsPerHistory = 32;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Runs until the outcome is in the inbox, or the history is long enough.</summary>
    /// <exception cref="TaskFailedException">An activity still fails after its retries; the reconciler starts the segment again.</exception>
    public static async Task RunAsync(TaskOrchestrationContext context, SegmentRun run)
    {
        Bell ended = new(context, Ended);
        Bell interrupt = new(context, Interrupt);
        if (run.Handle is null)
        {
            string? handle = await context.CallActivityAsync<string?>(nameof(SubmitSegment), run, Retries.Transient);
            if (handle is null)
            {
                // Nobody wants this segment any more, or its failure waits in the inbox.
                context.SendEvent(run.Segment.Experiment, ExperimentOrchestrator.Doorbell, run.Segment.InstanceId);
                return;
            }

            run = run with { Handle = handle };
        }

        TimeSpan pause = FirstPause;
        for (int poll = 0; poll < PollsPerHistory; poll++)
        {
            SegmentProgress? progress = await WaitAsync(context, run, ended, interrupt, pause);
            if (progress is null)
            {
                await context.CreateTimer(context.CurrentUtcDateTime + FirstPause, CancellationToken.None); // the program is on its way out
                await context.CallActivityAsync<bool>(nameof(CollectSegment), run with { Told = true }, Retries.Transient);
                return;
            }

            if (progress == SegmentProgress.Ended)
            {
                if (await context.CallActivityAsync<bool>(nameof(CollectSegment), run, Retries.Transient))
                {
                    context.SendEvent(run.Segment.Experiment, ExperimentOrchestrator.Doorbell, run.Segment.InstanceId);
                    return;
                }

                progress = await context.CallActivityAsync<SegmentProgress>(nameof(PollSegment), run, Retries.Transient);
            }

            if (progress == SegmentProgress.Lost)
            {
                run = new(run.Segment, run.Attempt + 1) { Site = run.Site, Trace = run.Trace };
                break;
            }

            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }

        context.ContinueAsNew(run);
    }

    /// <summary>Waits for a hint or the next poll.</summary>
    /// <returns>Null where the outcome is in the inbox already.</returns>
    private static async Task<SegmentProgress?> WaitAsync(TaskOrchestrationContext context, SegmentRun run, Bell ended, Bell interrupt, TimeSpan pause)
    {
        using CancellationTokenSource rung = new();
        await Task.WhenAny(ended.Rung, interrupt.Rung, context.CreateTimer(context.CurrentUtcDateTime + pause, rung.Token));
        rung.Cancel(); // not CancelAsync: an orchestrator awaits nothing but durable tasks
        if (ended.TakeAll() is { Count: > 0 } words)
        {
            return words.Contains(Told) ? null : SegmentProgress.Ended;
        }

        if (interrupt.TakeAll().Count > 0)
        {
            await context.CallActivityAsync(nameof(CancelSegment), run, Retries.Transient);
        }

        return await context.CallActivityAsync<SegmentProgress>(nameof(PollSegment), run, Retries.Transient);
    }
}
