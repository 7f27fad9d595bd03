using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Contracts.Stores;

/// <content><see cref="IInbox"/>.</content>
public abstract partial class ExperimentStoreContract
{
    [Fact]
    public async Task PostAsync_of_a_waiting_id_changes_nothing()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        TrialReported first = Reported(1, 1, loss: 0.1);

        await stores.Inbox.PostAsync("e", first, default);
        await stores.Inbox.PostAsync("e", first with { Segment = 7 }, default);

        AssertSame<ExperimentEvent>(first, Assert.Single(await stores.Inbox.ReadAsync("e", 10, default)));
    }

    [Fact]
    public async Task PostAsync_of_a_folded_id_lets_it_wait_again()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Inbox.PostAsync("e", Reported(1, 1), default);
        await stores.Turns.CommitAsync("e", Commit(1, [Reported(1, 1)]), default);

        await stores.Inbox.PostAsync("e", Reported(1, 1, loss: 0.7), default);

        AssertSame<ExperimentEvent>(Reported(1, 1, loss: 0.7), Assert.Single(await stores.Inbox.ReadAsync("e", 10, default)));
    }

    [Fact]
    public async Task Event_that_is_posted_again_after_its_turn_can_be_folded_by_the_next_one()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Inbox.PostAsync("e", Ended(1), default);
        await stores.Inbox.PostAsync("e", Ended(2), default);
        await stores.Turns.CommitAsync("e", Commit(1, [Ended(1), Ended(2)]), default);
        await stores.Inbox.PostAsync("e", Ended(1), default);
        await stores.Inbox.PostAsync("e", Reported(3, 1), default);

        Assert.True(await stores.Turns.CommitAsync("e", Commit(2, [Ended(1)]), default));

        AssertSame<ExperimentEvent>(Reported(3, 1), Assert.Single(await stores.Inbox.ReadAsync("e", 10, default)));
    }

    [Fact]
    public async Task ReadAsync_of_a_segment_gives_its_events_alone_however_many_others_wait()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Experiments.CreateAsync(Experiment("e-2"), default);
        ExperimentEvent[] others = [Ended(1), Reported(11, 1), Reported(2, 5, segment: 1), Ended(2, segment: 1), Ended(3), Command("a"), Command("z")];
        ExperimentEvent[] own = [Reported(2, 7), Reported(2, 12), Ended(2)];
        foreach (ExperimentEvent happened in own.Reverse().Concat(others))
        {
            await stores.Inbox.PostAsync("e", happened, default);
            await stores.Inbox.PostAsync("e-2", happened, default);
        }

        AssertSame<IEnumerable<ExperimentEvent>>(own, await stores.Inbox.ReadAsync(new SegmentId("e", 2, 0), default));
        Assert.Empty(await stores.Inbox.ReadAsync(new SegmentId("e", 2, 2), default));
        Assert.Empty(await stores.Inbox.ReadAsync(new SegmentId("unknown", 2, 0), default));
    }

    [Fact]
    public async Task PostAsync_to_an_unknown_experiment_is_refused()
    {
        StoresUnderTest stores = await CreateStoresAsync();

        await Assert.ThrowsAsync<NotFoundException>(() => stores.Inbox.PostAsync("nothing", Reported(1, 1), default));
        await stores.Experiments.CreateAsync(Experiment("nothing"), default);

        Assert.Empty(await stores.Inbox.ReadAsync("nothing", 10, default));
    }

    [Fact]
    public async Task ReadAsync_returns_the_first_events_by_ordinal_id()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        ExperimentEvent[] ordered =
        [
            Command("C-1"), Command("c-10"), Command("c-2"), Command("c-2-a"), Command("c-2_a"), Command("c-2a"), Command("cB"), Command("ca"),
            Reported(2, 9), Reported(2, 10), Ended(2), Reported(2, 1, segment: 1), Reported(10, 1), Ended(10),
        ];
        foreach (ExperimentEvent happened in ordered.OrderBy(e => e.Id.Length).ThenByDescending(e => e.Id, StringComparer.Ordinal))
        {
            await stores.Inbox.PostAsync("e", happened, default);
        }

        AssertSame<ImmutableArray<ExperimentEvent>>([.. ordered], await stores.Inbox.ReadAsync("e", 100, default));
        AssertSame<ImmutableArray<ExperimentEvent>>([.. ordered.Take(5)], await stores.Inbox.ReadAsync("e", 5, default));
    }

    [Fact]
    public async Task ReadAsync_reads_more_than_a_thousand_events()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await Parallel.ForEachAsync(Enumerable.Range(1, 1_100), async (n, _) => await stores.Inbox.PostAsync("e", Reported(n, 1), default));

        ImmutableArray<ExperimentEvent> waiting = await stores.Inbox.ReadAsync("e", 5_000, default);

        Assert.Equal(Enumerable.Range(1, 1_100), waiting.Select(e => ((TrialReported)e).Trial));
    }

    [Fact]
    public async Task Events_of_one_experiment_wait_for_it_alone()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Experiments.CreateAsync(Experiment("e-2"), default);

        await stores.Inbox.PostAsync("e", Ended(1), default);

        Assert.Empty(await stores.Inbox.ReadAsync("e-2", 10, default));
    }

    [Fact]
    public async Task Events_posted_while_turns_are_committed_are_neither_lost_nor_doubled()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        StoresUnderTest poster = stores.OpenAnother is { } open ? await open() : stores;
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        const int Trials = 60;

        Task posting = Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            for (int trial = 1 + worker; trial <= Trials; trial += 4)
            {
                await poster.Inbox.PostAsync("e", Reported(trial, 1), default);
                await poster.Inbox.PostAsync("e", Ended(trial), default);
            }
        })));
        List<string> folded = [];
        for (int turn = 1; !posting.IsCompleted || !(await stores.Inbox.ReadAsync("e", 1, default)).IsEmpty; turn++)
        {
            ImmutableArray<ExperimentEvent> events = await stores.Inbox.ReadAsync("e", 10, default);
            Assert.True(await stores.Turns.CommitAsync("e", Commit(turn, events), default));
            folded.AddRange(events.Select(e => e.Id));
        }

        await posting;
        Assert.Equal(
            Enumerable.Range(1, Trials).SelectMany(t => (string[])[Reported(t, 1).Id, Ended(t).Id]).Order(StringComparer.Ordinal),
            folded.Order(StringComparer.Ordinal));
    }
}
