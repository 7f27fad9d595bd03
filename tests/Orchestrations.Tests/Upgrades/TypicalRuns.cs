using HpoServerless.Engine.Experiments;

namespace HpoServerless.Orchestrations.Tests.Upgrades;

/// <summary>Runs whose histories each release records: all ways through the orchestrators that installations have in flight.</summary>
internal static class TypicalRuns
{
    private static readonly SegmentId First = new("e", 1, 0);
    private static readonly SegmentId Second = new("e", 1, 1);

    /// <summary>The runs by the names of their files.</summary>
    public static IReadOnlyDictionary<string, Func<DurableRig, Task>> All { get; } = new Dictionary<string, Func<DurableRig, Task>>(StringComparer.Ordinal)
    {
        ["plain-experiment"] = PlainAsync,
        ["experiment-continues-as-new"] = LongExperimentAsync,
        ["pause-and-resume"] = PauseAsync,
        ["lost-and-retried"] = LostAsync,
        ["interrupted"] = InterruptedAsync,
        ["told-outcome"] = ToldAsync,
        ["polls-continue-as-new"] = LongPollingAsync,
        ["not-wanted"] = NotWantedAsync,
        ["not-ended-after-all"] = NotEndedAsync,
        ["site-away"] = SiteAwayAsync,
    };

    private static async Task PlainAsync(DurableRig rig)
    {
        Activities(rig, lastTurn: 5);
        await StartExperimentAsync(rig);
        await StartSegmentAsync(rig, First);
        await rig.RaiseAsync(First.InstanceId, TrialOrchestrator.Ended, string.Empty);
        await StartSegmentAsync(rig, new("e", 2, 0));
        await rig.PassAsync(1);
        await rig.RaiseAsync("e_t2_s0", TrialOrchestrator.Ended, string.Empty);
        await rig.PassAsync(10); // nothing rings any more: the deadline wakes it
        await rig.EndAsync("e");
    }

    private static async Task LongExperimentAsync(DurableRig rig)
    {
        Activities(rig, lastTurn: 9);
        await StartExperimentAsync(rig, roundsPerHistory: 3);
        for (int i = 0; i < 3; i++)
        {
            await rig.RaiseAsync("e", ExperimentOrchestrator.Doorbell, "e_t1_s0");
        }

        await rig.PassAsync(30);
        await rig.EndAsync("e");
    }

    private static async Task PauseAsync(DurableRig rig)
    {
        SegmentProgress progress = SegmentProgress.Running;
        Activities(rig, lastTurn: 4, poll: _ => progress);
        await StartExperimentAsync(rig);
        await StartSegmentAsync(rig, First, "pool");
        await rig.PassAsync(1);
        await rig.RaiseAsync(First.InstanceId, TrialOrchestrator.Interrupt, string.Empty);
        progress = SegmentProgress.Ended;
        await rig.PassAsync(2);
        await rig.EndAsync(First.InstanceId);
        progress = SegmentProgress.Running;
        await StartSegmentAsync(rig, Second, "pool");
        await rig.PassAsync(1);
        await rig.RaiseAsync(Second.InstanceId, TrialOrchestrator.Ended, string.Empty);
        await rig.EndAsync(Second.InstanceId);
        await rig.PassAsync(10);
    }

    private static async Task LostAsync(DurableRig rig)
    {
        Activities(rig, poll: run => run.Attempt == 0 ? SegmentProgress.Lost : SegmentProgress.Ended);
        await StartSegmentAsync(rig, First, "pool");
        await rig.PassAsync(5);
        await rig.EndAsync(First.InstanceId);
    }

    private static async Task InterruptedAsync(DurableRig rig)
    {
        SegmentProgress progress = SegmentProgress.Running;
        Activities(rig, poll: _ => progress);
        await StartSegmentAsync(rig, First);
        await rig.RaiseAsync(First.InstanceId, TrialOrchestrator.Interrupt, string.Empty);
        await rig.RaiseAsync(First.InstanceId, TrialOrchestrator.Interrupt, string.Empty);
        progress = SegmentProgress.Ended;
        await rig.PassAsync(2);
        await rig.EndAsync(First.InstanceId);
    }

    private static async Task ToldAsync(DurableRig rig)
    {
        Activities(rig);
        await StartSegmentAsync(rig, First);
        await rig.RaiseAsync(First.InstanceId, TrialOrchestrator.Ended, TrialOrchestrator.Told);
        await rig.PassAsync(1);
        await rig.EndAsync(First.InstanceId);
    }

    private static async Task LongPollingAsync(DurableRig rig)
    {
        Activities(rig);
        await StartSegmentAsync(rig, First);
        await rig.PassAsync(40);
        await rig.RaiseAsync(First.InstanceId, TrialOrchestrator.Ended, string.Empty);
        await rig.EndAsync(First.InstanceId);
    }

    private static async Task NotWantedAsync(DurableRig rig)
    {
        Activities(rig, submit: _ => null);
        await StartSegmentAsync(rig, First);
        await rig.EndAsync(First.InstanceId);
    }

    private static async Task NotEndedAsync(DurableRig rig)
    {
        int collected = 0;
        Activities(rig, collect: _ => ++collected > 1);
        await StartSegmentAsync(rig, First);
        await rig.RaiseAsync(First.InstanceId, TrialOrchestrator.Ended, string.Empty);
        await rig.RaiseAsync(First.InstanceId, TrialOrchestrator.Ended, string.Empty);
        await rig.EndAsync(First.InstanceId);
    }

    private static async Task SiteAwayAsync(DurableRig rig)
    {
        int calls = 0;
        Activities(rig, submit: run => ++calls < 3 ? throw new TimeoutException("the site does not answer") : $"h{run.Attempt}");
        await StartSegmentAsync(rig, First);
        await rig.PassAsync(2);
        await rig.RaiseAsync(First.InstanceId, TrialOrchestrator.Ended, string.Empty);
        await rig.EndAsync(First.InstanceId);
    }

    private static void Activities(
        DurableRig rig,
        int lastTurn = 3,
        Func<SegmentRun, string?>? submit = null,
        Func<SegmentRun, SegmentProgress>? poll = null,
        Func<SegmentRun, bool>? collect = null)
    {
        rig.Activity<AdvanceRequest, TurnReceipt>(nameof(AdvanceExperiment), request => new(
            request.Turn + 1,
            Finished: request.Turn >= lastTurn,
            More: request.Turn == 1,
            WakeAt: request.Turn % 2 == 0 ? rig.Clock.GetUtcNow().UtcDateTime.AddSeconds(90) : null));
        rig.Activity(nameof(SubmitSegment), submit ?? (run => $"h{run.Attempt}"));
        rig.Activity(nameof(PollSegment), poll ?? (_ => SegmentProgress.Running));
        rig.Activity(nameof(CollectSegment), collect ?? (_ => true));
        rig.Activity<SegmentRun, object?>(nameof(CancelSegment), _ => null);
    }

    private static Task StartExperimentAsync(DurableRig rig, int roundsPerHistory = 48) =>
        rig.StartAsync(nameof(ExperimentOrchestrator), "e", new ExperimentCursor("e", RoundsPerHistory: roundsPerHistory));

    private static Task StartSegmentAsync(DurableRig rig, SegmentId segment, string? site = null) =>
        rig.StartAsync(nameof(TrialOrchestrator), segment.InstanceId, new SegmentRun(segment) { Site = site });
}
