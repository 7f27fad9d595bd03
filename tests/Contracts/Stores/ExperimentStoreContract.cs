using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Contracts.Stores;

/// <summary>What every store of experiments does: <see cref="IExperimentStore"/>, <see cref="IInbox"/>, <see cref="ITurnStore"/> and <see cref="ITrialStore"/> on the same data.</summary>
public abstract partial class ExperimentStoreContract
{
    /// <summary>Stores on data of their own, with nothing in them. The subclass removes the data when the test is over.</summary>
    protected abstract Task<StoresUnderTest> CreateStoresAsync();

    [Fact]
    public async Task FindAsync_of_a_created_experiment_returns_it()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        ExperimentRecord experiment = Experiment("digits-1", param: JsonSerializer.SerializeToElement(new { epochs = 3, text = "ü\u2028\n" }));

        Assert.True(await stores.Experiments.CreateAsync(experiment, default));

        AssertSame(experiment, await stores.Experiments.FindAsync("digits-1", default));
    }

    [Fact]
    public async Task FindAsync_of_an_unknown_experiment_returns_null()
    {
        StoresUnderTest stores = await CreateStoresAsync();

        Assert.Null(await stores.Experiments.FindAsync("nothing", default));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("-")]
    [InlineData("con")]
    [InlineData("a-0-b--")]
    [InlineData("0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghijklmnopq")]
    public async Task Every_id_of_allowed_characters_can_be_used(string id)
    {
        StoresUnderTest stores = await CreateStoresAsync();
        TrialReported reported = Reported(1, 1);

        Assert.True(await stores.Experiments.CreateAsync(Experiment(id), default));
        await stores.Inbox.PostAsync(id, reported, default);
        Assert.True(await stores.Turns.CommitAsync(id, Commit(1, [reported], [Trial(1)]), default));
        await stores.Turns.SaveSnapshotAsync(id, Snapshot(1, 1), default);

        Assert.Equal(id, (await stores.Experiments.FindAsync(id, default))!.Id);
        Assert.NotNull(await stores.Trials.FindAsync(id, 1, default));
        Assert.NotNull(await stores.Turns.FindSnapshotAsync(id, default));
        await stores.Experiments.DeleteAsync(id, default);
        Assert.Null(await stores.Experiments.FindAsync(id, default));
    }

    [Fact]
    public async Task CreateAsync_of_an_existing_id_returns_false_and_changes_nothing()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        ExperimentRecord first = Experiment("twice");
        await stores.Experiments.CreateAsync(first, default);

        Assert.False(await stores.Experiments.CreateAsync(first, default));
        Assert.False(await stores.Experiments.CreateAsync(first with { Definition = first.Definition with { Metric = "other" } }, default));

        AssertSame(first, await stores.Experiments.FindAsync("twice", default));
    }

    [Fact]
    public async Task CreateAsync_by_many_at_once_succeeds_for_one()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        StoresUnderTest other = stores.OpenAnother is { } open ? await open() : stores;

        bool[] created = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            ExperimentRecord experiment = Experiment("wanted");
            return await (i % 2 == 0 ? stores : other).Experiments.CreateAsync(
                experiment with { Definition = experiment.Definition with { Project = $"p{i}" } }, default);
        })));

        int winner = Assert.Single(Enumerable.Range(0, 8), i => created[i]);
        Assert.Equal($"p{winner}", (await other.Experiments.FindAsync("wanted", default))!.Definition.Project);
    }

    [Fact]
    public async Task Values_are_kept_although_the_document_they_came_from_is_gone()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        string expected;
        using (JsonDocument document = JsonDocument.Parse("""{"epochs": 3, "list": [1, 2.0]}"""))
        {
            ExperimentRecord experiment = Experiment("kept", param: document.RootElement);
            await stores.Experiments.CreateAsync(experiment, default);
            expected = Json(experiment);
        }

        Assert.Equal(expected, Json(await stores.Experiments.FindAsync("kept", default)));
    }

    [Fact]
    public async Task ListAsync_returns_newest_first_page_by_page()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        int[] ages = [3, 0, 6, 1, 5, 2, 4];
        foreach (int age in ages)
        {
            await stores.Experiments.CreateAsync(Experiment($"e{age}", createdAt: age), default);
        }

        Assert.Equal(["e6", "e5", "e4", "e3", "e2", "e1", "e0"], (await ListExperimentsAsync(stores, 100)).Select(e => e.Id));
        Assert.Equal(["e6", "e5", "e4", "e3", "e2", "e1", "e0"], (await ListExperimentsAsync(stores, 2)).Select(e => e.Id));
    }

    [Fact]
    public async Task ListAsync_tells_experiments_created_at_the_same_time_apart()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        for (int i = 0; i < 5; i++)
        {
            await stores.Experiments.CreateAsync(Experiment($"same-{i}"), default);
        }

        Assert.Equal(["same-0", "same-1", "same-2", "same-3", "same-4"], (await ListExperimentsAsync(stores, 2)).Select(e => e.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ListAsync_goes_on_although_an_experiment_of_the_page_before_was_deleted()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        for (int i = 0; i < 6; i++)
        {
            await stores.Experiments.CreateAsync(Experiment($"e{i}", createdAt: i), default);
        }

        Page<ExperimentRecord> first = await stores.Experiments.ListAsync(new(3), default);
        await stores.Experiments.DeleteAsync(first.Items[^1].Id, default);
        List<ExperimentRecord> rest = await ListExperimentsAsync(stores, 3, first.Continuation);

        Assert.Equal(["e5", "e4", "e3", "e2", "e1", "e0"], first.Items.Concat(rest).Select(e => e.Id));
    }

    [Fact]
    public async Task ListAsync_shows_where_experiments_stand()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("still"), default);
        await stores.Experiments.CreateAsync(Experiment("moved", createdAt: 1), default);
        await stores.Turns.CommitAsync("moved", Commit(1, trials: [Trial(1)]) with { Summary = Summary(1, createdAt: 1) }, default);

        List<ExperimentRecord> listed = await ListExperimentsAsync(stores, 10);

        AssertSame([Experiment("moved", createdAt: 1) with { Summary = Summary(1, createdAt: 1) }, Experiment("still")], listed);
    }

    [Fact]
    public async Task ListAsync_of_nothing_is_empty()
    {
        StoresUnderTest stores = await CreateStoresAsync();

        Assert.Empty(await ListExperimentsAsync(stores, 10));
    }

    [Fact]
    public async Task ListAsync_with_a_foreign_continuation_is_refused()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);

        await Assert.ThrowsAsync<InvalidInputException>(() => stores.Experiments.ListAsync(new(10, "not <one> of ours"), default));
        await Assert.ThrowsAsync<InvalidInputException>(() => stores.Trials.ListAsync("e", new(10, "not <one> of ours"), default));
    }

    [Fact]
    public async Task DeleteAsync_removes_all_that_belongs_to_the_experiment_and_nothing_else()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        foreach (string id in (string[])["gone", "gone-2"])
        {
            await stores.Experiments.CreateAsync(Experiment(id), default);
            await stores.Turns.CommitAsync(id, Commit(1, trials: [Trial(1), Trial(2, error: LongText(70_000))], state: LongText(70_000)), default);
            await stores.Inbox.PostAsync(id, Reported(1, 1), default);
            await stores.Turns.SaveSnapshotAsync(id, Snapshot(1, 2), default);
        }

        await stores.Experiments.DeleteAsync("gone", default);
        await stores.Experiments.DeleteAsync("gone", default);

        await AssertEmptyAsync(stores, "gone");
        Assert.Null(await stores.Experiments.FindAsync("gone", default));
        Assert.Single(await stores.Inbox.ReadAsync("gone-2", 10, default));
        Assert.Equal(2, (await stores.Trials.ListAsync("gone-2", new(), default)).Items.Length);
        Assert.Equal(["gone-2"], (await ListExperimentsAsync(stores, 10)).Select(e => e.Id));

        Assert.True(await stores.Experiments.CreateAsync(Experiment("gone"), default));
        await AssertEmptyAsync(stores, "gone");
        Assert.True(await stores.Turns.CommitAsync("gone", Commit(1), default));
    }

    [Fact]
    public async Task Data_outlive_the_process()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        Assert.SkipWhen(stores.Reopen is null, "the data of this store end with the process");
        ExperimentRecord experiment = Experiment("lasting");
        TrialReported waiting = Reported(1, 2);
        TurnCommit commit = Commit(1, [Reported(1, 1)], [Trial(1, steps: 1)], "state");
        await stores.Experiments.CreateAsync(experiment, default);
        await stores.Inbox.PostAsync("lasting", Reported(1, 1), default);
        await stores.Inbox.PostAsync("lasting", waiting, default);
        await stores.Turns.CommitAsync("lasting", commit, default);
        await stores.Turns.SaveSnapshotAsync("lasting", Snapshot(1, 1), default);

        stores = await stores.Reopen();

        AssertSame(experiment with { Summary = commit.Summary }, await stores.Experiments.FindAsync("lasting", default));
        AssertSame([commit.Turn], await ReadTurnsAsync(stores, "lasting", 1));
        AssertSame(commit.Trials[0], await stores.Trials.FindAsync("lasting", 1, default));
        AssertSame<ExperimentEvent>(waiting, Assert.Single(await stores.Inbox.ReadAsync("lasting", 10, default)));
        AssertSame(Snapshot(1, 1), await stores.Turns.FindSnapshotAsync("lasting", default));
        Assert.False(await stores.Turns.CommitAsync("lasting", Commit(1), default));
        Assert.True(await stores.Turns.CommitAsync("lasting", Commit(2), default));
    }

    [Fact]
    public async Task Calls_that_were_cancelled_before_change_nothing()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Experiments.CreateAsync(Experiment("f"), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Experiments.FindAsync("e", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Experiments.ListAsync(new(), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Experiments.DeleteAsync("e", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Inbox.PostAsync("e", Reported(1, 1), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Inbox.ReadAsync("e", 1, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Turns.CommitAsync("e", Commit(1), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Turns.ReadAsync("e", 1, cancelled).ToListAsync().AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Trials.FindAsync("e", 1, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Trials.ListAsync("e", new(), cancelled));

        Assert.Null(await stores.Experiments.FindAsync("f", default));
        AssertSame(Experiment("e"), await stores.Experiments.FindAsync("e", default));
        await AssertEmptyAsync(stores, "e");
    }

    private static async Task AssertEmptyAsync(StoresUnderTest stores, string id)
    {
        Assert.Empty(await stores.Inbox.ReadAsync(id, 10, default));
        Assert.Empty(await ReadTurnsAsync(stores, id, 1));
        Assert.Empty((await stores.Trials.ListAsync(id, new(), default)).Items);
        Assert.Null(await stores.Trials.FindAsync(id, 1, default));
        Assert.Null(await stores.Turns.FindSnapshotAsync(id, default));
    }

    private static Task<List<ExperimentRecord>> ListExperimentsAsync(StoresUnderTest stores, int size, string? continuation = null) =>
        AllPagesAsync(page => stores.Experiments.ListAsync(page, default), size, continuation);

    private static Task<List<Trial>> ListTrialsAsync(StoresUnderTest stores, string id, int size) =>
        AllPagesAsync(page => stores.Trials.ListAsync(id, page, default), size, null);

    private static async Task<List<Turn>> ReadTurnsAsync(StoresUnderTest stores, string id, int from) =>
        await stores.Turns.ReadAsync(id, from, default).ToListAsync();

    private static async Task<List<T>> AllPagesAsync<T>(Func<PageRequest, Task<Page<T>>> read, int size, string? continuation)
    {
        List<T> all = [];
        do
        {
            Page<T> page = await read(new(size, continuation));
            Assert.True(page.Items.Length <= size, $"a page of {size} was wanted, {page.Items.Length} came");
            all.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return all;
    }
}
