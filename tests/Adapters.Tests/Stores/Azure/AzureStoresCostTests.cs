using HpoServerless.Adapters.Stores;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Stores.Azure.AzuriteStores;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

/// <summary>How many requests things take, where values go by their size, and who wins.</summary>
public sealed class AzureStoresCostTests(AzuriteFixture azurite) : IDisposable
{
    private readonly FaultInjectingHandler _requests = new();
    private readonly string _prefix = NewPrefix();

    public void Dispose() => _requests.Dispose();

    [Fact]
    public async Task EachCall_takesFewRequests()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);
        await CostsAsync(4, () => stores.Experiments.CreateAsync(Experiment("e"), default)); // look for events, look for the head, index, head
        await CostsAsync(1, () => stores.Inbox.PostAsync("e", Reported(1, 1), default));
        await CostsAsync(1, () => stores.Inbox.ReadAsync("e", 100, default));
        await CostsAsync(2, () => stores.Turns.CommitAsync("e", Commit(1, [Reported(1, 1)], Enumerable.Range(1, 90).Select(n => Trial(n))), default)); // commit, remove
        await CostsAsync(1, () => stores.Turns.CommitAsync("e", Commit(2, trials: [Trial(1)]), default));
        await CostsAsync(1, () => stores.Trials.FindAsync("e", 1, default));
        await CostsAsync(1, () => stores.Trials.ListAsync("e", new(90), default));
        await CostsAsync(1, () => stores.Experiments.FindAsync("e", default));
        await CostsAsync(2, () => stores.Experiments.ListAsync(new(), default)); // the index, and each head

        StoreSet fresh = await azurite.OpenAsync(_prefix, _requests);
        await CostsAsync(2, () => fresh.Inbox.PostAsync("e", Reported(1, 2), default)); // the head first
        await CostsAsync(2, () => fresh.Turns.CommitAsync("e", Commit(3), default)); // the turn before: are its events gone?
        await CostsAsync(1, () => fresh.Turns.CommitAsync("e", Commit(4), default));
    }

    [Fact]
    public async Task EventsPostedAtOnce_shareRequests_andNoneIsLost()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        int before = _requests.Requests;

        await Task.WhenAll(Enumerable.Range(1, 250).Select(step => stores.Inbox.PostAsync("e", Reported(1, step), default)));

        Assert.InRange(_requests.Requests - before, 3, 10); // up to 99 in each; the first may go alone
        Assert.Equal(250, (await stores.Inbox.ReadAsync("e", 1000, default)).Length);
    }

    [Fact]
    public async Task EventsOfManyExperimentsPostedAtOnce_shareRequests()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);
        string[] ids = [.. Enumerable.Range(1, 40).Select(static n => $"e{n}")];
        foreach (string id in ids)
        {
            await stores.Experiments.CreateAsync(Experiment(id), default);
        }

        int before = _requests.Requests;
        await Task.WhenAll(ids.Select(id => stores.Inbox.PostAsync(id, Reported(1, 1), default)));
        Assert.InRange(_requests.Requests - before, 2, 20);

        await Task.WhenAll(ids.Select(id => stores.Turns.CommitAsync(id, Commit(1, [Reported(1, 1)]), default)));
        foreach (string id in ids)
        {
            Assert.Empty(await stores.Inbox.ReadAsync(id, 10, default));
        }
    }

    [Fact]
    public async Task EventPostedBefore_doesNotKeepOthersOut()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Inbox.PostAsync("e", Reported(1, 7), default);

        await Task.WhenAll(Enumerable.Range(1, 20).SelectMany(step => new[] { step, step }).Select(step => stores.Inbox.PostAsync("e", Reported(1, step), default)));

        Assert.Equal(20, (await stores.Inbox.ReadAsync("e", 1000, default)).Length);
    }

    [Fact]
    public async Task EventsThatWaitAlready_costTheirCompanyOneRequestEach()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Inbox.PostAsync("e", Reported(1, 7), default);
        await stores.Inbox.PostAsync("e", Reported(1, 30), default);
        int before = _requests.Requests;

        await Task.WhenAll(Enumerable.Range(1, 60).Select(step => stores.Inbox.PostAsync("e", Reported(1, step), default)));

        Assert.InRange(_requests.Requests - before, 5, 20); // a group or more; each of the two is refused, goes alone, and the others go on together
        Assert.Equal(60, (await stores.Inbox.ReadAsync("e", 1000, default)).Length);
    }

    [Fact]
    public async Task EventsOfAnExperimentThatIsGone_areAllRefused()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);

        Task[] posts = [.. Enumerable.Range(1, 20).Select(step => stores.Inbox.PostAsync("none", Reported(1, step), default))];

        await Task.WhenAll(posts).ContinueWith(static _ => { }, TaskScheduler.Default);
        Assert.All(posts, post => Assert.IsType<NotFoundException>(post.Exception!.InnerException));
    }

    [Fact]
    public async Task FoldedEventsThatDoNotWait_costALook()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Inbox.PostAsync("e", Reported(1, 1), default);

        await CostsAsync(5, () => stores.Turns.CommitAsync("e", Commit(1, [Reported(1, 1), Reported(2, 1)]), default)); // committed, removal refused, look, still the same experiment, removed

        Assert.Empty(await stores.Inbox.ReadAsync("e", 10, default));
    }

    [Fact]
    public async Task EventReadBeforeItsTurnRemovedIt_isNotFoldedAgain()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        await stores.Inbox.PostAsync("e", Reported(1, 1), default);
        Assert.True(await stores.Turns.CommitAsync("e", Commit(1, [Reported(1, 1)], [Trial(1)]), default));

        await CostsAsync(1, () => Assert.ThrowsAsync<UnavailableException>(() => stores.Turns.CommitAsync("e", Commit(2, [Reported(1, 1)]), default)));

        Assert.True(await stores.Turns.CommitAsync("e", Commit(2, [Reported(1, 2)]), default));
    }

    [Fact]
    public async Task Writer_whoseETagIsStale_loses_andGoesOn()
    {
        StoreSet first = await azurite.OpenAsync(_prefix, _requests);
        StoreSet second = await azurite.OpenAsync(_prefix);
        await first.Experiments.CreateAsync(Experiment("e"), default);
        TurnCommit winner = Commit(1, trials: [Trial(1)], state: "second");
        Assert.True(await second.Turns.CommitAsync("e", winner, default));

        await CostsAsync(3, async () => Assert.False(await first.Turns.CommitAsync("e", Commit(1, trials: [Trial(2)], state: "first"), default)));

        AssertSame([winner.Turn], await first.Turns.ReadAsync("e", 1, default).ToListAsync());
        Assert.Null(await first.Trials.FindAsync("e", 2, default));
        await CostsAsync(2, async () => Assert.True(await first.Turns.CommitAsync("e", Commit(2), default))); // are the events of the other's turn gone?
        Assert.False(await second.Turns.CommitAsync("e", Commit(2, state: "late"), default));
    }

    [Fact]
    public async Task Writer_whoseExperimentWasCreatedAnew_startsAnew()
    {
        StoreSet first = await azurite.OpenAsync(_prefix);
        StoreSet second = await azurite.OpenAsync(_prefix);
        await first.Experiments.CreateAsync(Experiment("e"), default);
        await first.Turns.CommitAsync("e", Commit(1, trials: [Trial(1)]), default);
        await first.Turns.SaveSnapshotAsync("e", Snapshot(1, 1), default);
        await second.Experiments.DeleteAsync("e", default);
        await second.Experiments.CreateAsync(Experiment("e", createdAt: 1), default);

        Assert.False(await first.Turns.CommitAsync("e", Commit(2), default));
        Assert.Null(await first.Turns.FindSnapshotAsync("e", default));
        TurnCommit large = Commit(1, trials: [Trial(1, error: Noise(1_200_000))]) with { Summary = Summary(1, createdAt: 1) };
        Assert.True(await first.Turns.CommitAsync("e", large, default));
        AssertSame(large.Trials[0], await second.Trials.FindAsync("e", 1, default));
        Assert.Single((await second.Experiments.ListAsync(new(), default)).Items);
    }

    [Fact]
    public async Task Writer_whoseExperimentWasCreatedAnewAndIsAsFar_loses_andThatOfTheNewOneGoesOn()
    {
        StoreSet first = await azurite.OpenAsync(_prefix, _requests);
        StoreSet second = await azurite.OpenAsync(_prefix);
        await first.Experiments.CreateAsync(Experiment("e"), default);
        await first.Turns.CommitAsync("e", Commit(1), default);
        await second.Experiments.DeleteAsync("e", default);
        await second.Experiments.CreateAsync(Experiment("e", createdAt: 1), default);
        await second.Turns.CommitAsync("e", Commit(1) with { Summary = Summary(1, createdAt: 1) }, default);

        Assert.False(await first.Turns.CommitAsync("e", Commit(2, trials: [Trial(1)]), default)); // what it remembers of the experiment is of the same turn
        Assert.Null(await second.Trials.FindAsync("e", 1, default));
        Assert.True(await first.Turns.CommitAsync("e", Commit(2) with { Summary = Summary(2, createdAt: 1) }, default));
    }

    [Theory]
    [InlineData(59 << 10, 0)]
    [InlineData(60 << 10, 0)]
    [InlineData(61 << 10, 0)]
    [InlineData(64 << 10, 0)]
    [InlineData(800_000, 0)]
    [InlineData(1_100_000, 1)]
    [InlineData(4_500_000, 1)]
    public async Task LargeValues_stayInTheirRows_asLongAsTheyFit(int length, int blobs)
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        TurnCommit commit = Commit(1, state: Noise(length));

        await CostsAsync(1 + blobs, () => stores.Turns.CommitAsync("e", commit, default));
        await CostsAsync(1 + blobs, async () => AssertSame([commit.Turn], await stores.Turns.ReadAsync("e", 1, default).ToListAsync()));

        Assert.Equal(blobs, (await (await azurite.ContainerAsync(_prefix)).GetBlobsAsync().ToListAsync()).Count);
    }

    [Fact]
    public async Task ValuesThatCompressWell_stayInTheirRows()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        TurnCommit commit = Commit(1, trials: [Trial(1, steps: 30_000)], state: new string('x', 5_000_000));

        await CostsAsync(1, () => stores.Turns.CommitAsync("e", commit, default));

        AssertSame(commit.Trials[0], await stores.Trials.FindAsync("e", 1, default));
    }

    [Fact]
    public async Task CommitAsLargeAsCanBe_movesTheLargestValuesToBlobs()
    {
        StoreSet stores = await azurite.OpenAsync(_prefix, _requests);
        await stores.Experiments.CreateAsync(Experiment("e"), default);
        int half = TurnLimits.Default.Operations / 2;
        TurnCommit commit = Commit(1, [.. Enumerable.Range(1, half).Select(n => Reported(n, 1))], [.. Enumerable.Range(1, half).Select(n => Trial(n, error: Noise(100_000 + (n * 1000))))]);
        foreach (ExperimentEvent happened in commit.Turn.Events)
        {
            await stores.Inbox.PostAsync("e", happened, default);
        }

        Assert.True(await stores.Turns.CommitAsync("e", commit, default));

        AssertSame([.. commit.Trials], (await stores.Trials.ListAsync("e", new(), default)).Items);
        int blobs = (await (await azurite.ContainerAsync(_prefix)).GetBlobsAsync().ToListAsync()).Count;
        Assert.InRange(blobs, 10, half - 10);
    }

    private async Task CostsAsync(int requests, Func<Task> call)
    {
        int before = _requests.Requests;
        await call();
        Assert.Equal(requests, _requests.Requests - before);
    }
}
