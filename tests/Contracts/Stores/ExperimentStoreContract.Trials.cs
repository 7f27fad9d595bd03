using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Contracts.Stores;

/// <content><see cref="ITrialStore"/>.</content>
public abstract partial class ExperimentStoreContract
{
    [Fact]
    public async Task FindAsync_of_a_trial_returns_it_as_its_last_turn_left_it()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        Trial grown = Trial(1, steps: 4);
        Trial replaced = Trial(1, steps: 2) with { Reports = [Report(1, 7), Report(5, double.PositiveInfinity)], Notes = [], Value = null };
        Trial[] states = [Trial(1), grown, grown with { Reports = grown.Reports.Add(Report(5, double.NaN)) }, replaced, grown];
        for (int turn = 1; turn <= states.Length; turn++)
        {
            await stores.Turns.CommitAsync("e", Commit(turn, trials: [states[turn - 1]]), default);
            AssertSame(states[turn - 1], await stores.Trials.FindAsync("e", 1, default));
        }

        Assert.Null(await stores.Trials.FindAsync("e", 2, default));
        Assert.Null(await stores.Trials.FindAsync("e", 0, default));
        Assert.Null(await stores.Trials.FindAsync("nothing", 1, default));
        stores = stores.Reopen is { } reopen ? await reopen() : stores;
        AssertSame(grown, await stores.Trials.FindAsync("e", 1, default));
    }

    [Fact]
    public async Task ListAsync_returns_trials_by_ascending_number_page_by_page()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        ImmutableArray<Trial> trials = [.. Enumerable.Range(1, 120).Select(n => Trial(n, n % 3))];
        await stores.Turns.CommitAsync("e", Commit(1, trials: trials[..60]), default);
        await stores.Turns.CommitAsync("e", Commit(2, trials: trials[60..]), default);

        AssertSame([.. trials], await ListTrialsAsync(stores, "e", 1000));
        AssertSame([.. trials], await ListTrialsAsync(stores, "e", 7));
        Assert.Empty(await ListTrialsAsync(stores, "nothing", 10));
    }

    [Fact]
    public async Task ListAsync_sees_trials_that_were_added_after_the_first_page()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Turns.CommitAsync("e", Commit(1, trials: [Trial(1), Trial(2), Trial(3)]), default);

        Page<Trial> first = await stores.Trials.ListAsync("e", new(2), default);
        await stores.Turns.CommitAsync("e", Commit(2, trials: [Trial(1, steps: 1), Trial(4)]), default);
        Page<Trial> second = await stores.Trials.ListAsync("e", new(10, first.Continuation), default);

        Assert.Equal([1, 2, 3, 4], first.Items.Concat(second.Items).Select(t => t.Number));
    }
}
