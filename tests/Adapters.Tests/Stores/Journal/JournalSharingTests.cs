using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

/// <summary>Two stores on one folder, as two processes would have them.</summary>
public sealed class JournalSharingTests : IDisposable
{
    private readonly JournalTestFolder _folders = new();

    public void Dispose() => _folders.Dispose();

    [Fact]
    public async Task A_second_writer_is_refused_until_the_first_lets_go()
    {
        string folder = _folders.NewFolder();
        JournalStores first = _folders.Open(folder);
        JournalStores second = _folders.Open(folder);
        await first.All.Experiments.CreateAsync(Experiment("e"), default);
        Assert.True(await first.All.Turns.CommitAsync("e", Commit(1), default));

        ConflictException refused = await Assert.ThrowsAsync<ConflictException>(() => second.All.Turns.CommitAsync("e", Commit(2), default));
        Assert.Contains($"process {Environment.ProcessId} ", refused.Rule, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ConflictException>(() => second.All.Inbox.PostAsync("e", Reported(1, 1), default));
        await Assert.ThrowsAsync<ConflictException>(() => second.All.Experiments.DeleteAsync("e", default));
        await Assert.ThrowsAsync<ConflictException>(() => second.All.Turns.SaveSnapshotAsync("e", Snapshot(1, 1), default));
        Assert.True(await second.All.Experiments.CreateAsync(Experiment("f"), default));
        Assert.True(await second.All.Turns.CommitAsync("f", Commit(1), default));

        first.Dispose();
        Assert.False(await second.All.Turns.CommitAsync("e", Commit(1), default));
        Assert.True(await second.All.Turns.CommitAsync("e", Commit(2), default));
    }

    [Fact]
    public async Task The_right_to_write_ends_with_the_experiment()
    {
        string folder = _folders.NewFolder();
        JournalStores first = _folders.Open(folder);
        JournalStores second = _folders.Open(folder);
        await first.All.Experiments.CreateAsync(Experiment("e"), default);
        ExperimentSummary final = Summary(1) with { Status = ExperimentStatus.Succeeded };
        Assert.True(await first.All.Turns.CommitAsync("e", Commit(1) with { Summary = final }, default));

        await second.All.Inbox.PostAsync("e", Reported(1, 1), default); // late
        await first.All.Inbox.PostAsync("e", Reported(1, 2), default);
        Assert.Equal(2, (await second.All.Inbox.ReadAsync("e", 10, default)).Length);
        await second.All.Experiments.DeleteAsync("e", default);

        Assert.Null(await first.All.Experiments.FindAsync("e", default));
        await Assert.ThrowsAsync<NotFoundException>(() => first.All.Inbox.PostAsync("e", Reported(1, 3), default));
    }

    [Fact]
    public async Task Readers_follow_a_writer()
    {
        string folder = _folders.NewFolder();
        JournalStores writer = _folders.Open(folder);
        JournalStores reader = _folders.Open(folder);
        const int Turns = 300;
        await writer.All.Experiments.CreateAsync(Experiment("e"), default);

        Task writing = Task.Run(async () =>
        {
            for (int turn = 1; turn <= Turns; turn++)
            {
                await writer.All.Inbox.PostAsync("e", Reported(turn, 1), default);
                Assert.True(await writer.All.Turns.CommitAsync("e", Commit(turn, [Reported(turn, 1)], [Trial(turn, 1), Trial(1, turn % 7)]), default));
            }
        });
        for (int seen = 0; seen < Turns;)
        {
            int listed = Assert.Single((await reader.All.Experiments.ListAsync(new(), default)).Items).Summary.Turn;
            List<Turn> turns = await reader.All.Turns.ReadAsync("e", 1, default).ToListAsync();
            int trials = (await reader.All.Trials.ListAsync("e", new(1000), default)).Items.Length;

            Assert.Equal(Enumerable.Range(1, turns.Count), turns.Select(t => t.Number));
            Assert.InRange(listed, seen, turns.Count);
            Assert.InRange(trials, turns.Count, Turns);
            seen = turns.Count;
        }

        await writing;
        Assert.Empty(await reader.All.Inbox.ReadAsync("e", 10, default));
        AssertSame(Trial(1, Turns % 7), await reader.All.Trials.FindAsync("e", 1, default));
    }

    [Fact]
    public async Task Readers_notice_that_an_experiment_was_replaced()
    {
        string folder = _folders.NewFolder();
        JournalStores writer = _folders.Open(folder);
        JournalStores reader = _folders.Open(folder);
        foreach (double loss in (double[])[1, 2, 3])
        {
            await writer.All.Experiments.CreateAsync(Experiment("e"), default);
            await writer.All.Inbox.PostAsync("e", Reported(1, 1, loss: loss), default);

            AssertSame<ExperimentEvent>(Reported(1, 1, loss: loss), Assert.Single(await reader.All.Inbox.ReadAsync("e", 10, default)));
            await writer.All.Experiments.DeleteAsync("e", default);
            Assert.Empty(await reader.All.Inbox.ReadAsync("e", 10, default));
            Assert.Null(await reader.All.Experiments.FindAsync("e", default));
        }
    }

    [Fact]
    public async Task Calls_after_the_end_of_the_store_are_refused()
    {
        JournalStores stores = _folders.Open(_folders.NewFolder());
        await stores.All.Experiments.CreateAsync(Experiment("e"), default);
        await stores.All.Inbox.PostAsync("e", Reported(1, 1), default);
        stores.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => stores.All.Inbox.PostAsync("e", Reported(1, 2), default));
    }
}
