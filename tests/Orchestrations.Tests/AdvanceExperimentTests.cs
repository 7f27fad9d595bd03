using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations.Tests;

/// <summary>Advancing an experiment twice, or in several processes, is advancing it once.</summary>
public sealed class AdvanceExperimentTests
{
    [Fact]
    public async Task Advance_again_sends_the_messages_again_and_commits_nothing()
    {
        Workshop shop = new();
        await shop.CreateAsync();

        TurnReceipt first = await shop.AdvanceAsync(1);
        TurnReceipt second = await shop.AdvanceAsync(1);

        Assert.Equal(first, second);
        Assert.Equal(first.NextTurn - 1, (await shop.SummaryAsync()).Turn);
        Assert.Equal([1, 2, 1, 2], shop.Sent.Select(m => m.Segment.Trial));
        Assert.All(shop.Sent, m => Assert.Equal(TrialMessageKind.Start, m.Kind));
    }

    [Fact]
    public async Task Advance_in_another_process_goes_on_from_the_committed_turns()
    {
        Workshop shop = new();
        await shop.StartAsync();
        AdvanceExperiment elsewhere = shop.AdvanceElsewhere();
        await shop.EndAsync(1);

        await elsewhere.RunAsync(new(Workshop.Id, 2), CancellationToken.None);
        await shop.EndAsync(2);
        await shop.AdvanceAsync(2);

        Assert.Equal(new TrialCounts(Running: 2, Completed: 2), (await shop.SummaryAsync()).Trials);
        Assert.Equal([1, 2, 3, 4], shop.Sent.Select(m => m.Segment.Trial).Distinct().Order());
    }

    [Fact]
    public async Task Advance_sends_what_another_process_decided_and_did_not_live_to_send()
    {
        Workshop shop = new();
        await shop.StartAsync();
        shop.Sent.Clear();
        await shop.EndAsync(1);
        Workshop deaf = new();
        AdvanceExperiment elsewhere = shop.AdvanceElsewhere(deaf);
        TurnReceipt ahead = await elsewhere.RunAsync(new(Workshop.Id, 2), CancellationToken.None);

        TurnReceipt receipt = await shop.AdvanceAsync(2); // remembers turn 1, finds an empty inbox and nothing to decide

        Assert.Equal(ahead, receipt);
        Assert.Equal(new TrialMessage(TrialMessageKind.Start, new(Workshop.Id, 3, 0)) { Site = "local" }, Assert.Single(shop.Sent));
    }

    [Fact]
    public async Task Advance_tells_the_site_that_the_experiment_has_ended_and_again_when_it_is_run_again()
    {
        Workshop shop = new();
        await shop.StartAsync(d => d with { NumTrials = 1 });
        Assert.Empty(shop.Finished);
        await shop.EndAsync(1);

        TurnReceipt receipt = await shop.AdvanceAsync(2);
        Assert.True(receipt.Finished);
        Assert.Equal([Workshop.Id], shop.Finished);

        await shop.AdvanceElsewhere().RunAsync(new(Workshop.Id, 2), CancellationToken.None);
        Assert.Equal([Workshop.Id, Workshop.Id], shop.Finished);
    }

    [Fact]
    public async Task Id_that_was_removed_and_used_again_elsewhere_is_another_experiment()
    {
        Workshop shop = new();
        await shop.StartAsync();
        await shop.Stores.Experiments.DeleteAsync(Workshop.Id, CancellationToken.None);
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        await shop.CreateAsync(d => d with { NumTrials = 7, MaxConcurrent = 5, Site = "elsewhere" });

        Assert.Equal(2, (await shop.AdvanceAsync(1)).NextTurn);

        Assert.Equal(new TrialCounts(Running: 5), (await shop.SummaryAsync()).Trials);
        Assert.Equal("elsewhere", (await shop.Cache.DefinitionAsync(Workshop.Id, CancellationToken.None)).Site);
    }

    [Fact]
    public async Task Id_that_was_removed_and_used_again_elsewhere_and_is_further_now_is_another_experiment()
    {
        Workshop shop = new();
        await shop.StartAsync();
        await shop.Stores.Experiments.DeleteAsync(Workshop.Id, CancellationToken.None);
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        await shop.CreateAsync(d => d with { NumTrials = 7, MaxConcurrent = 5 });
        AdvanceExperiment elsewhere = shop.AdvanceElsewhere();
        await elsewhere.RunAsync(new(Workshop.Id, 1), CancellationToken.None);
        await shop.EndAsync(5);
        await elsewhere.RunAsync(new(Workshop.Id, 2), CancellationToken.None);
        await shop.EndAsync(4);

        await shop.AdvanceAsync(3); // this process knows turn 1 of the other one

        Assert.Equal(new TrialCounts(Running: 5, Completed: 2), (await shop.SummaryAsync()).Trials);
        Assert.Equal((await shop.TrialAsync(4)).StartedAt, (await shop.Cache.LatestAsync(Workshop.Id, CancellationToken.None)).TrialAt(4).StartedAt);
    }

    [Fact]
    public async Task Advance_many_at_once_decides_everything_once()
    {
        Workshop shop = new();
        await shop.CreateAsync(d => d with { NumTrials = 40, MaxConcurrent = 40 });

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() =>
            shop.AdvanceElsewhere().RunAsync(new(Workshop.Id, 1), CancellationToken.None))));

        Assert.Equal(new TrialCounts(Running: 40), (await shop.SummaryAsync()).Trials);
    }

    [Fact]
    public async Task Advance_of_what_can_never_be_decided_ends_the_experiment()
    {
        Workshop shop = new();
        await shop.CreateAsync(d => d with { Algorithm = new("no-such-algorithm") });

        TurnReceipt receipt = await shop.AdvanceAsync(1);

        ExperimentSummary summary = await shop.SummaryAsync();
        Assert.True(receipt.Finished);
        Assert.Equal(ExperimentStatus.Failed, summary.Status);
        Assert.Contains("no-such-algorithm", summary.Reason);
    }

    [Fact]
    public async Task Advance_of_an_unknown_experiment_is_an_error() =>
        await Assert.ThrowsAsync<NotFoundException>(() => new Workshop().AdvanceAsync(1));
}
