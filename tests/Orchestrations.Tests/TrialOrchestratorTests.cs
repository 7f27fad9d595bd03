using HpoServerless.Engine.Experiments;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Orchestrations.Tests;

public sealed class TrialOrchestratorTests : IAsyncDisposable
{
    private static readonly SegmentId Segment = new("e", 3, 0);

    private readonly DurableRig _rig = new();
    private Func<SegmentRun, SegmentProgress> _poll = _ => SegmentProgress.Running;
    private Func<SegmentRun, bool> _collect = _ => true;
    private string? _handle = "h";

    public TrialOrchestratorTests()
    {
        _rig.Activity<SegmentRun, string?>(nameof(SubmitSegment), run => _handle is null ? null : $"{_handle}{run.Attempt}");
        _rig.Activity<SegmentRun, SegmentProgress>(nameof(PollSegment), run => _poll(run));
        _rig.Activity<SegmentRun, bool>(nameof(CollectSegment), run => _collect(run));
        _rig.Activity<SegmentRun, object?>(nameof(CancelSegment), _ => null);
        _rig.Activity<AdvanceRequest, TurnReceipt>(nameof(AdvanceExperiment), r => new(r.Turn + 1, Finished: r.Turn > 1, More: false, WakeAt: null));
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Ended_segment_is_collected_and_the_experiment_is_told()
    {
        await _rig.StartAsync(nameof(ExperimentOrchestrator), "e", new ExperimentCursor("e"));
        await StartAsync();

        await _rig.RaiseAsync(Segment.InstanceId, TrialOrchestrator.Ended);

        await _rig.EndAsync(Segment.InstanceId);
        await _rig.EndAsync("e");
        Assert.Equal([nameof(AdvanceExperiment), nameof(SubmitSegment), nameof(CollectSegment), nameof(AdvanceExperiment)], _rig.Calls);
        Assert.Equal("h0", Assert.Single(_rig.Inputs<SegmentRun>(nameof(CollectSegment))).Handle);
    }

    [Fact]
    public async Task Segment_whose_outcome_was_told_is_given_back_without_a_word_to_the_experiment()
    {
        await _rig.StartAsync(nameof(ExperimentOrchestrator), "e", new ExperimentCursor("e"));
        await StartAsync();

        await _rig.RaiseAsync(Segment.InstanceId, TrialOrchestrator.Ended, TrialOrchestrator.Told);
        Assert.DoesNotContain(nameof(CollectSegment), _rig.Calls);
        await _rig.AdvanceAsync(TimeSpan.FromMinutes(1));

        await _rig.EndAsync(Segment.InstanceId);
        Assert.Equal([nameof(AdvanceExperiment), nameof(SubmitSegment), nameof(CollectSegment)], _rig.Calls);
        Assert.True(Assert.Single(_rig.Inputs<SegmentRun>(nameof(CollectSegment))).Told);
    }

    [Fact]
    public async Task Segment_that_nobody_wants_is_not_run()
    {
        _handle = null;
        await _rig.StartAsync(nameof(ExperimentOrchestrator), "e", new ExperimentCursor("e"));
        await StartAsync();

        await _rig.EndAsync(Segment.InstanceId);
        await _rig.EndAsync("e");

        Assert.Equal([nameof(AdvanceExperiment), nameof(SubmitSegment), nameof(AdvanceExperiment)], _rig.Calls);
    }

    [Fact]
    public async Task Interrupt_cancels_once_and_the_end_is_found_by_polling()
    {
        await StartAsync();

        await _rig.RaiseAsync(Segment.InstanceId, TrialOrchestrator.Interrupt);
        _poll = _ => SegmentProgress.Ended;
        await _rig.AdvanceAsync(TimeSpan.FromMinutes(1));

        await _rig.EndAsync(Segment.InstanceId);
        Assert.Equal([nameof(SubmitSegment), nameof(CancelSegment), nameof(PollSegment), nameof(PollSegment), nameof(CollectSegment)], _rig.Calls);
    }

    [Fact]
    public async Task Long_segment_is_polled_over_many_histories_and_submitted_once()
    {
        await StartAsync();

        await _rig.PassAsync(minutes: TrialOrchestrator.PollsPerHistory * 4);
        _poll = _ => SegmentProgress.Ended;
        await _rig.AdvanceAsync(TimeSpan.FromMinutes(1));

        await _rig.EndAsync(Segment.InstanceId);
        Assert.Single(_rig.Inputs<SegmentRun>(nameof(SubmitSegment)));
        Assert.All(_rig.Inputs<SegmentRun>(nameof(PollSegment)), run => Assert.Equal("h0", run.Handle));
        Assert.InRange(_rig.Inputs<SegmentRun>(nameof(PollSegment)).Count(), (TrialOrchestrator.PollsPerHistory * 3) + 1, TrialOrchestrator.PollsPerHistory * 5);
    }

    [Fact]
    public async Task Lost_segment_is_started_again()
    {
        _poll = run => run.Attempt < 3 ? SegmentProgress.Lost : SegmentProgress.Ended;
        await StartAsync();

        await _rig.PassAsync(minutes: 10);

        await _rig.EndAsync(Segment.InstanceId);
        Assert.Equal([0, 1, 2, 3], _rig.Inputs<SegmentRun>(nameof(SubmitSegment)).Select(r => r.Attempt));
        Assert.Equal("h3", Assert.Single(_rig.Inputs<SegmentRun>(nameof(CollectSegment))).Handle);
    }

    [Fact]
    public async Task Hint_that_came_too_early_is_followed_by_polling()
    {
        int collected = 0;
        _collect = _ => ++collected > 1;
        await StartAsync();

        await _rig.RaiseAsync(Segment.InstanceId, TrialOrchestrator.Ended);
        Assert.True((await _rig.StatusAsync(Segment.InstanceId)).IsRunning);
        _poll = _ => SegmentProgress.Ended;
        await _rig.AdvanceAsync(TimeSpan.FromMinutes(1));

        await _rig.EndAsync(Segment.InstanceId);
        Assert.Equal(2, collected);
    }

    [Fact]
    public async Task Activity_that_keeps_failing_ends_the_orchestration_for_the_reconciler()
    {
        _poll = _ => throw new TimeoutException("site");
        await StartAsync();

        await _rig.PassAsync(minutes: 10);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await _rig.StatusAsync(Segment.InstanceId)).RuntimeStatus);
    }

    private Task StartAsync() => _rig.StartAsync(nameof(TrialOrchestrator), Segment.InstanceId, new SegmentRun(Segment));
}
