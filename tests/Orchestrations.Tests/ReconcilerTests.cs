using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations.Tests;

public sealed class ReconcilerTests : IAsyncDisposable
{
    private readonly LiveRig _rig = new();
    private readonly Workshop _shop = new();

    private Reconciler Reconciler => new(_shop.Stores.Experiments, _shop.Cache, _shop.Stores.Inbox, _shop, _shop.Clock);

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Experiment_and_trials_that_run_only_on_paper_are_started_again()
    {
        await _shop.StartAsync();
        _shop.Sent.Clear();

        ReconcileReport first = await Reconciler.RunAsync(_rig.Client, CancellationToken.None);
        ReconcileReport second = await Reconciler.RunAsync(_rig.Client, CancellationToken.None);

        Assert.Equal((1, 2), (first.Restarted, first.Resent));
        Assert.Equal(0, second.Restarted);
        Assert.True(await _rig.IsLiveAsync(Workshop.Id));
        Assert.Equal(2, (await _rig.InputAsync<ExperimentCursor>(Workshop.Id))!.Turn);
        Assert.Equal([1, 2, 1, 2], _shop.Sent.Select(m => m.Segment.Trial));
    }

    [Fact]
    public async Task Trials_that_live_or_whose_end_waits_in_the_inbox_are_left_alone()
    {
        await _shop.StartAsync();
        _shop.Sent.Clear();
        SegmentId first = new(Workshop.Id, 1, 0);
        SegmentId second = new(Workshop.Id, 2, 0);
        await new TrialDispatcher(_shop.Stores.Inbox, _shop.Clock).DispatchAsync(_rig.Client, new(TrialMessageKind.Start, first), CancellationToken.None);
        await _shop.Stores.Inbox.PostAsync(
            Workshop.Id, new SegmentEnded(second.EndEventId, 2, 0, FunctionExecutor.Ended(SegmentStatus.Failed, "x")), CancellationToken.None);

        ReconcileReport report = await Reconciler.RunAsync(_rig.Client, CancellationToken.None);

        Assert.Equal(0, report.Resent);
        Assert.Empty(_shop.Sent);
    }

    [Fact]
    public async Task Experiment_that_cannot_be_looked_after_does_not_keep_the_others_from_it()
    {
        await _shop.StartAsync();
        ExperimentRecord good = (await _shop.Stores.Experiments.FindAsync(Workshop.Id, CancellationToken.None))!;
        await _shop.Stores.Experiments.CreateAsync(
            good with { Id = "a-damaged-one", Summary = good.Summary with { CreatedAt = good.Summary.CreatedAt.AddSeconds(1) } }, CancellationToken.None);
        Reconciler reconciler = new(_shop.Stores.Experiments, new(_shop.Stores.Experiments, new DamagedTurns(_shop.Stores.Turns)), _shop.Stores.Inbox, _shop, _shop.Clock);

        ReconcileReport report = await reconciler.RunAsync(_rig.Client, CancellationToken.None);

        Assert.Contains("a-damaged-one", Assert.Single(report.Failures).Message);
        Assert.True(await _rig.IsLiveAsync(Workshop.Id));
    }

    [Fact]
    public async Task Experiment_that_stands_still_although_events_wait_is_stuck()
    {
        await _shop.StartAsync();
        SegmentId first = new(Workshop.Id, 1, 0);
        await _shop.Stores.Inbox.PostAsync(
            Workshop.Id, new SegmentEnded(first.EndEventId, 1, 0, FunctionExecutor.Ended(SegmentStatus.Failed, "x")), CancellationToken.None);

        ReconcileReport early = await Reconciler.RunAsync(_rig.Client, CancellationToken.None);
        _shop.Clock.Advance(Reconciler.StuckAfter);
        ReconcileReport late = await Reconciler.RunAsync(_rig.Client, CancellationToken.None);

        Assert.Empty(early.Stuck);
        StuckExperiment stuck = Assert.Single(late.Stuck);
        Assert.Equal((Workshop.Id, 1), (stuck.Id, stuck.Waiting));
    }

    [Fact]
    public async Task Ended_experiment_is_left_alone()
    {
        await _shop.CreateAsync(d => d with { Algorithm = new("no-such-algorithm") });
        await _shop.AdvanceAsync(1);

        ReconcileReport report = await Reconciler.RunAsync(_rig.Client, CancellationToken.None);

        Assert.Equal((0, 0, 0, true), (report.Restarted, report.Resent, report.Purged, report.Stuck.IsEmpty));
        Assert.False(await _rig.IsLiveAsync(Workshop.Id));
    }

    private sealed class DamagedTurns(ITurnStore inner) : ITurnStore
    {
        public Task<bool> CommitAsync(string experiment, TurnCommit commit, CancellationToken cancellation) => inner.CommitAsync(experiment, commit, cancellation);

        public IAsyncEnumerable<Turn> ReadAsync(string experiment, int from, CancellationToken cancellation) =>
            experiment == Workshop.Id ? inner.ReadAsync(experiment, from, cancellation) : throw new InvalidDataException("damaged");

        public Task SaveSnapshotAsync(string experiment, ExperimentSnapshot snapshot, CancellationToken cancellation) => inner.SaveSnapshotAsync(experiment, snapshot, cancellation);

        public Task<ExperimentSnapshot?> FindSnapshotAsync(string experiment, CancellationToken cancellation) => inner.FindSnapshotAsync(experiment, cancellation);
    }
}
