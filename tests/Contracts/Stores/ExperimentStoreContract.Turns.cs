using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Contracts.Stores;

/// <content><see cref="ITurnStore"/>.</content>
public abstract partial class ExperimentStoreContract
{
    [Fact]
    public async Task CommitAsync_writes_turn_trials_and_summary_and_removes_the_folded_events()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Inbox.PostAsync("e", Reported(1, 1), default);
        await stores.Inbox.PostAsync("e", Ended(2), default);
        TurnCommit commit = Commit(1, await stores.Inbox.ReadAsync("e", 10, default), [Trial(1, steps: 1), Trial(2, error: "OSError: no")], "state");
        await stores.Inbox.PostAsync("e", Reported(1, 2), default); // arrives between reading and committing

        Assert.True(await stores.Turns.CommitAsync("e", commit, default));

        AssertSame([commit.Turn], await ReadTurnsAsync(stores, "e", 1));
        AssertSame([.. commit.Trials], await ListTrialsAsync(stores, "e", 10));
        AssertSame(commit.Summary, (await stores.Experiments.FindAsync("e", default))!.Summary);
        AssertSame<ExperimentEvent>(Reported(1, 2), Assert.Single(await stores.Inbox.ReadAsync("e", 10, default)));
    }

    [Fact]
    public async Task CommitAsync_of_any_turn_but_the_next_returns_false_and_changes_nothing()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        foreach (int wrong in (int[])[0, 2])
        {
            Assert.False(await stores.Turns.CommitAsync("e", Commit(wrong, trials: [Trial(9)]), default));
        }

        TurnCommit first = Commit(1, trials: [Trial(1)], state: "first");
        Assert.True(await stores.Turns.CommitAsync("e", first, default));
        await stores.Inbox.PostAsync("e", Reported(1, 1), default);
        foreach (int wrong in (int[])[0, 1, 3])
        {
            Assert.False(await stores.Turns.CommitAsync("e", Commit(wrong, [Reported(1, 1)], [Trial(1, steps: 5), Trial(9)]), default));
        }

        AssertSame([first.Turn], await ReadTurnsAsync(stores, "e", 1));
        AssertSame([.. first.Trials], await ListTrialsAsync(stores, "e", 10));
        AssertSame(first.Summary, (await stores.Experiments.FindAsync("e", default))!.Summary);
        Assert.Single(await stores.Inbox.ReadAsync("e", 10, default));
    }

    [Fact]
    public async Task CommitAsync_for_an_experiment_that_had_the_id_before_returns_false_and_changes_nothing()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Turns.CommitAsync("e", Commit(1), default);
        await stores.Experiments.DeleteAsync("e", default);
        await stores.Experiments.CreateAsync(Experiment("e", createdAt: 1), default);
        TurnCommit first = Commit(1) with { Summary = Summary(1, createdAt: 1) };
        Assert.True(await stores.Turns.CommitAsync("e", first, default));

        Assert.False(await stores.Turns.CommitAsync("e", Commit(2, trials: [Trial(1)]), default));

        Assert.Null(await stores.Trials.FindAsync("e", 1, default));
        AssertSame(first.Summary, (await stores.Experiments.FindAsync("e", default))!.Summary);
        Assert.True(await stores.Turns.CommitAsync("e", Commit(2) with { Summary = Summary(2, createdAt: 1) }, default));
    }

    [Fact]
    public async Task CommitAsync_to_an_unknown_experiment_is_refused()
    {
        StoresUnderTest stores = await CreateStoresAsync();

        await Assert.ThrowsAsync<NotFoundException>(() => stores.Turns.CommitAsync("nothing", Commit(1, trials: [Trial(1)]), default));

        await AssertEmptyAsync(stores, "nothing");
    }

    [Fact]
    public async Task CommitAsync_may_fold_events_that_do_not_wait()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);

        Assert.True(await stores.Turns.CommitAsync("e", Commit(1, [Reported(1, 1)]), default));

        AssertSame([Commit(1, [Reported(1, 1)]).Turn], await ReadTurnsAsync(stores, "e", 1));
    }

    [Fact]
    public async Task CommitAsync_by_many_at_once_succeeds_for_one()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        StoresUnderTest other = stores.OpenAnother is { } open ? await open() : stores;
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        for (int turn = 1; turn <= 5; turn++)
        {
            TurnCommit[] rivals = [.. Enumerable.Range(1, 6).Select(i => Commit(turn, [Reported(i, turn)], [Trial(i, steps: turn)], $"state {i}"))];

            bool[] committed = await Task.WhenAll(rivals.Select((commit, i) => Task.Run(() =>
                (i % 2 == 0 ? stores : other).Turns.CommitAsync("e", commit, default))));

            int winner = Assert.Single(Enumerable.Range(0, rivals.Length), i => committed[i]);
            AssertSame([rivals[winner].Turn], await ReadTurnsAsync(other, "e", turn));
            AssertSame(rivals[winner].Trials[0], await stores.Trials.FindAsync("e", winner + 1, default));
        }
    }

    [Fact]
    public async Task CommitAsync_takes_a_turn_as_large_as_the_limits_allow()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        int half = TurnLimits.Default.Operations / 2;
        string error = LongText(60_000);
        for (int trial = 1; trial <= half; trial++)
        {
            await stores.Inbox.PostAsync("e", Ended(trial, error: error), default);
        }

        TurnCommit commit = Commit(1, await stores.Inbox.ReadAsync("e", 1000, default), Enumerable.Range(1, half).Select(n => Trial(n, 3, error)));
        Assert.Equal(half, commit.Turn.Events.Length);

        Assert.True(await stores.Turns.CommitAsync("e", commit, default));

        AssertSame([commit.Turn], await ReadTurnsAsync(stores, "e", 1));
        AssertSame([.. commit.Trials], await ListTrialsAsync(stores, "e", 20));
        Assert.Empty(await stores.Inbox.ReadAsync("e", 10, default));
    }

    [Theory]
    [InlineData(40_000)]
    [InlineData(70_000)]
    [InlineData(1_200_000)]
    public async Task Values_of_any_size_come_back_whole(int size)
    {
        StoresUnderTest stores = await CreateStoresAsync();
        string text = LongText(size - 3) + "üß€";
        ExperimentRecord experiment = Experiment("big", param: JsonSerializer.SerializeToElement(new { text }));
        TurnCommit first = Commit(1, [Ended(1, error: text)], [Trial(1, 2, text), Trial(2)], text);
        TurnCommit second = Commit(2, trials: [Trial(1), Trial(2, 2, text)]);
        ExperimentSnapshot snapshot = Snapshot(1, 2) with { SearcherState = text };

        Assert.True(await stores.Experiments.CreateAsync(experiment, default));
        await stores.Inbox.PostAsync("big", first.Turn.Events[0], default);
        AssertSame(first.Turn.Events, await stores.Inbox.ReadAsync("big", 10, default));
        Assert.True(await stores.Turns.CommitAsync("big", first, default));
        await stores.Turns.SaveSnapshotAsync("big", snapshot, default);
        AssertSame(first.Trials[0], await stores.Trials.FindAsync("big", 1, default));
        Assert.True(await stores.Turns.CommitAsync("big", second, default)); // large becomes small, small becomes large
        stores = stores.Reopen is { } reopen ? await reopen() : stores;

        AssertSame(experiment with { Summary = second.Summary }, await stores.Experiments.FindAsync("big", default));
        Assert.Empty(await stores.Inbox.ReadAsync("big", 10, default));
        AssertSame([first.Turn, second.Turn], await ReadTurnsAsync(stores, "big", 1));
        AssertSame([.. second.Trials], await ListTrialsAsync(stores, "big", 10));
        AssertSame(snapshot, await stores.Turns.FindSnapshotAsync("big", default));
        AssertSame([experiment with { Summary = second.Summary }], await ListExperimentsAsync(stores, 10));
    }

    [Fact]
    public async Task ReadAsync_returns_turns_from_the_wanted_one_on()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        for (int turn = 1; turn <= 12; turn++)
        {
            await stores.Inbox.PostAsync("e", Reported(1, turn), default);
            await stores.Turns.CommitAsync("e", Commit(turn, [Reported(1, turn)]), default);
        }

        Assert.Equal(Enumerable.Range(1, 12), (await ReadTurnsAsync(stores, "e", 1)).Select(t => t.Number));
        Assert.Equal([9, 10, 11, 12], (await ReadTurnsAsync(stores, "e", 9)).Select(t => t.Number));
        Assert.Equal(9, ((TrialReported)(await ReadTurnsAsync(stores, "e", 9))[0].Events[0]).Reports[0].Step);
        Assert.Empty(await ReadTurnsAsync(stores, "e", 13));
        Assert.Empty(await ReadTurnsAsync(stores, "nothing", 1));
    }

    [Fact]
    public async Task ReadAsync_may_be_left_early()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        for (int turn = 1; turn <= 3; turn++)
        {
            await stores.Turns.CommitAsync("e", Commit(turn), default);
        }

        await foreach (Turn turn in stores.Turns.ReadAsync("e", 2, default))
        {
            Assert.Equal(2, turn.Number);
            Assert.Equal(turn.Number == 2, await stores.Turns.CommitAsync("e", Commit(4), default)); // committing while reading
            break;
        }

        Assert.Equal(4, (await ReadTurnsAsync(stores, "e", 1)).Count);
    }

    [Fact]
    public async Task FindSnapshotAsync_returns_the_newest()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        Assert.Null(await stores.Turns.FindSnapshotAsync("e", default));
        await stores.Turns.CommitAsync("e", Commit(1), default);
        await stores.Turns.SaveSnapshotAsync("e", Snapshot(1, 1), default);
        await stores.Turns.CommitAsync("e", Commit(2), default);
        await stores.Turns.SaveSnapshotAsync("e", Snapshot(2, 3), default);

        AssertSame(Snapshot(2, 3), await stores.Turns.FindSnapshotAsync("e", default));
        Assert.Null(await stores.Turns.FindSnapshotAsync("nothing", default));
        Assert.Equal(2, (await ReadTurnsAsync(stores, "e", 1)).Count);
    }
}
