using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Logging.Abstractions;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

/// <summary>What a disk that fails leaves behind: nothing.</summary>
public sealed class JournalDiskFailureTests : IDisposable
{
    private readonly JournalTestFolder _folders = new();
    private readonly FailingJournalFile.Script _disk = new();

    public void Dispose() => _folders.Dispose();

    [Theory]
    [InlineData(0, false, false)]
    [InlineData(100, false, false)]
    [InlineData(100, false, true)]
    [InlineData(null, true, false)]
    [InlineData(null, true, true)]
    public async Task A_commit_that_fails_changes_nothing_and_the_next_one_is_fine(int? bytesLeft, bool flushFails, bool truncateFails)
    {
        string folder = _folders.NewFolder();
        JournalStores stores = await OpenAsync(folder);
        await stores.All.Inbox.PostAsync("e", Reported(1, 1), default);

        (_disk.BytesLeft, _disk.FlushFails, _disk.TruncateFails) = (bytesLeft, flushFails, truncateFails);
        await Assert.ThrowsAsync<UnavailableException>(() => stores.All.Turns.CommitAsync("e", Commit(2, [Reported(1, 1)], [Trial(1, 3)]), default));
        await Assert.ThrowsAsync<UnavailableException>(() => stores.All.Turns.CommitAsync("e", Commit(2, [Reported(1, 1)], [Trial(1, 3)]), default));
        Assert.Single(await stores.All.Turns.ReadAsync("e", 1, default).ToListAsync());
        Assert.Single(await stores.All.Inbox.ReadAsync("e", 10, default));
        AssertSame(Trial(1), await stores.All.Trials.FindAsync("e", 1, default));

        (_disk.BytesLeft, _disk.FlushFails, _disk.TruncateFails) = (null, false, false);
        Assert.True(await stores.All.Turns.CommitAsync("e", Commit(2, trials: [Trial(1, 1)]), default));
        stores.Dispose();

        JournalStores again = _folders.Open(folder);
        AssertSame([Commit(1, trials: [Trial(1)]).Turn, Commit(2, trials: [Trial(1, 1)]).Turn], await again.All.Turns.ReadAsync("e", 1, default).ToListAsync());
        AssertSame(Trial(1, 1), await again.All.Trials.FindAsync("e", 1, default));
        Assert.Single(await again.All.Inbox.ReadAsync("e", 10, default));
        Assert.True(await again.All.Turns.CommitAsync("e", Commit(3), default));
    }

    [Fact]
    public async Task A_post_that_fails_changes_nothing_and_the_next_one_is_fine()
    {
        string folder = _folders.NewFolder();
        JournalStores stores = await OpenAsync(folder);

        _disk.BytesLeft = 50;
        await Assert.ThrowsAsync<UnavailableException>(() => stores.All.Inbox.PostAsync("e", Reported(1, 1), default));
        Assert.Empty(await stores.All.Inbox.ReadAsync("e", 10, default));
        _disk.BytesLeft = null;
        await stores.All.Inbox.PostAsync("e", Reported(1, 2), default);
        stores.Dispose();

        Assert.Equal(Reported(1, 2).Id, Assert.Single(await _folders.Open(folder).All.Inbox.ReadAsync("e", 10, default)).Id);
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_used_is_unavailable()
    {
        string folder = _folders.NewFolder();
        await File.WriteAllTextAsync(folder, "a file is in the way");
        JournalStores stores = _folders.Open(folder);

        await Assert.ThrowsAsync<UnavailableException>(() => stores.All.Experiments.CreateAsync(Experiment("e"), default));
        await Assert.ThrowsAsync<UnavailableException>(() => stores.All.Artifacts.PutAsync("a/b", new byte[] { 1 }, default));
        Assert.Null(await stores.All.Experiments.FindAsync("e", default));
    }

    private async Task<JournalStores> OpenAsync(string folder)
    {
        JournalStores stores = _folders.Open(new JournalOptions(folder, TimeProvider.System, NullLogger.Instance)
        {
            OpenFile = path => new FailingJournalFile(path, _disk),
        });
        await stores.All.Experiments.CreateAsync(Experiment("e"), default);
        Assert.True(await stores.All.Turns.CommitAsync("e", Commit(1, trials: [Trial(1)]), default));
        return stores;
    }
}
