using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations.Tests;

public sealed class TrialDispatcherTests : IAsyncDisposable
{
    private static readonly SegmentId First = new(Workshop.Id, 1, 0);

    private readonly LiveRig _rig = new();
    private readonly Workshop _shop = new();

    private TrialDispatcher Dispatcher => new(_shop.Stores.Inbox, _shop.Clock);

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Start_that_comes_many_times_starts_one_orchestration()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Dispatcher.DispatchAsync(_rig.Client, new(TrialMessageKind.Start, First), CancellationToken.None))));

        Assert.True(await _rig.IsLiveAsync(First.InstanceId));
        Assert.Equal(new SegmentRun(First), await _rig.InputAsync<SegmentRun>(First.InstanceId));
    }

    [Fact]
    public async Task Start_after_the_end_starts_again_which_finds_nothing_to_do()
    {
        await Dispatcher.DispatchAsync(_rig.Client, new(TrialMessageKind.Start, First), CancellationToken.None);
        await _rig.EndAsync(First.InstanceId);

        await Dispatcher.DispatchAsync(_rig.Client, new(TrialMessageKind.Start, First), CancellationToken.None);

        Assert.True(await _rig.IsLiveAsync(First.InstanceId));
    }

    [Fact]
    public async Task Start_of_what_ended_and_waits_to_be_folded_does_not_run_it_twice()
    {
        await _shop.StartAsync();
        await Dispatcher.DispatchAsync(_rig.Client, new(TrialMessageKind.Start, First), CancellationToken.None);
        await _rig.EndAsync(First.InstanceId);
        await Dispatcher.GiveUpAsync(_rig.Client, new(TrialMessageKind.Start, First), "an end like any other", CancellationToken.None);

        await Dispatcher.DispatchAsync(_rig.Client, new(TrialMessageKind.Start, First), CancellationToken.None);

        Assert.False(await _rig.IsLiveAsync(First.InstanceId));
    }

    [Fact]
    public async Task Interrupt_of_what_does_not_run_does_nothing() =>
        await Dispatcher.DispatchAsync(_rig.Client, new(TrialMessageKind.Interrupt, First), CancellationToken.None);

    [Fact]
    public async Task Given_up_start_becomes_a_failed_trial()
    {
        await _shop.StartAsync();

        await Dispatcher.GiveUpAsync(_rig.Client, new(TrialMessageKind.Start, First), "poison", CancellationToken.None);
        await Dispatcher.GiveUpAsync(_rig.Client, new(TrialMessageKind.Start, First), "poison", CancellationToken.None);
        await _shop.AdvanceAsync(2);

        Trial trial = await _shop.TrialAsync(1);
        Assert.Equal(TrialStatus.Failed, trial.Status);
        Assert.Contains("poison", trial.Error);
        Assert.Equal(1, (await _shop.SummaryAsync()).Trials.Failed);
    }

    [Fact]
    public async Task Giving_up_an_interrupt_or_the_trial_of_a_removed_experiment_does_nothing()
    {
        await _shop.StartAsync();

        await Dispatcher.GiveUpAsync(_rig.Client, new(TrialMessageKind.Interrupt, First), "poison", CancellationToken.None);
        await Dispatcher.GiveUpAsync(_rig.Client, new(TrialMessageKind.Start, First with { Experiment = "gone" }), "poison", CancellationToken.None);

        Assert.Empty(await _shop.InboxAsync());
    }
}
