using Microsoft.DurableTask.Client;

namespace HpoServerless.Orchestrations.Tests;

public sealed class ExperimentOrchestratorTests : IAsyncDisposable
{
    private const string Id = "e";

    private readonly DurableRig _rig = new();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Runs_over_many_histories_to_the_end_with_every_turn_asked_for_once()
    {
        _rig.Activity<AdvanceRequest, TurnReceipt>(nameof(AdvanceExperiment), r => new(r.Turn + 1, Finished: r.Turn == 9, More: false, WakeAt: null));
        await StartAsync(roundsPerHistory: 2);

        for (int ring = 0; ring < 8; ring++)
        {
            await _rig.RaiseAsync(Id, ExperimentOrchestrator.Doorbell);
        }

        Assert.Equal(9, (await _rig.EndAsync(Id)).ReadOutputAs<int>());
        Assert.Equal(Enumerable.Range(1, 9), Turns);
        Assert.Equal([1, 3, 5, 7, 9], _rig.Histories.Select(c => c.Turn).Distinct().Order());
    }

    [Fact]
    public async Task More_to_do_needs_no_bell()
    {
        _rig.Activity<AdvanceRequest, TurnReceipt>(nameof(AdvanceExperiment), r => new(r.Turn + 16, Finished: r.Turn > 100, More: true, WakeAt: null));
        await StartAsync(roundsPerHistory: 2);

        await _rig.EndAsync(Id);

        Assert.Equal([1, 17, 33, 49, 65, 81, 97, 113], Turns);
    }

    [Fact]
    public async Task Bells_that_ring_while_a_turn_is_taken_cost_one_turn()
    {
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int calls = 0;
        _rig.Runtime.AddActivity<AdvanceRequest, TurnReceipt>(nameof(AdvanceExperiment), async r =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                entered.SetResult();
                await goOn.Task;
            }

            return new(r.Turn + 1, Finished: false, More: false, WakeAt: null);
        });
        await _rig.Runtime.Client.ScheduleNewOrchestrationInstanceAsync(
            nameof(ExperimentOrchestrator), new ExperimentCursor(Id), new Microsoft.DurableTask.StartOrchestrationOptions(Id));
        await entered.Task;
        for (int ring = 0; ring < 50; ring++)
        {
            await _rig.Runtime.Client.RaiseEventAsync(Id, ExperimentOrchestrator.Doorbell, "x");
        }

        goOn.SetResult();
        await _rig.AdvanceAsync(TimeSpan.Zero);

        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Deadline_wakes_it_and_the_longest_sleep_bounds_a_late_one()
    {
        DateTime start = _rig.Clock.GetUtcNow().UtcDateTime;
        _rig.Activity<AdvanceRequest, TurnReceipt>(
            nameof(AdvanceExperiment), r => new(r.Turn + 1, Finished: false, More: false, WakeAt: r.Turn == 1 ? start.AddSeconds(30) : start.AddDays(9)));
        await StartAsync(roundsPerHistory: 2);

        await _rig.AdvanceAsync(TimeSpan.FromSeconds(29));
        int before = Turns.Count();
        await _rig.AdvanceAsync(TimeSpan.FromSeconds(1));
        int atDeadline = Turns.Count();
        await _rig.AdvanceAsync(ExperimentOrchestrator.LongestSleep);

        Assert.Equal((1, 2, 3), (before, atDeadline, Turns.Count()));
    }

    [Fact]
    public async Task Bell_that_rings_as_a_history_ends_is_not_lost()
    {
        _rig.Activity<AdvanceRequest, TurnReceipt>(nameof(AdvanceExperiment), r => new(r.Turn + 1, Finished: false, More: false, WakeAt: null));
        await StartAsync(roundsPerHistory: 1);

        for (int ring = 1; ring <= 5; ring++)
        {
            await _rig.RaiseAsync(Id, ExperimentOrchestrator.Doorbell);
            Assert.Equal(Enumerable.Range(1, ring + 1), Turns);
        }
    }

    [Fact]
    public async Task Turn_that_fails_for_a_while_is_tried_again()
    {
        int failures = 0;
        _rig.Activity<AdvanceRequest, TurnReceipt>(
            nameof(AdvanceExperiment), r => ++failures <= 3 ? throw new TimeoutException("storage") : new(r.Turn + 1, Finished: true, More: false, WakeAt: null));
        await StartAsync(roundsPerHistory: 2);

        await _rig.PassAsync(minutes: 5);

        await _rig.EndAsync(Id);
        Assert.Equal([1, 1, 1, 1], Turns);
    }

    [Fact]
    public async Task Turn_that_keeps_failing_ends_the_orchestration_for_the_reconciler()
    {
        _rig.Activity<AdvanceRequest, TurnReceipt>(nameof(AdvanceExperiment), _ => throw new TimeoutException("storage"));
        await StartAsync(roundsPerHistory: 2);

        await _rig.PassAsync(minutes: 10);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await _rig.StatusAsync(Id)).RuntimeStatus);
    }

    private IEnumerable<int> Turns => _rig.Inputs<AdvanceRequest>(nameof(AdvanceExperiment)).Select(r => r.Turn);

    private Task StartAsync(int roundsPerHistory) => _rig.StartAsync(nameof(ExperimentOrchestrator), Id, new ExperimentCursor(Id, 1, roundsPerHistory));
}
