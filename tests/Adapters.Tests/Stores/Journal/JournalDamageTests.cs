using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

/// <summary>Journals that were cut off, damaged or rearranged.</summary>
public sealed class JournalDamageTests : IDisposable
{
    private readonly JournalTestFolder _folders = new();

    public void Dispose() => _folders.Dispose();

    [Fact]
    public async Task A_last_turn_cut_at_any_byte_is_dropped_and_can_be_committed_again()
    {
        string folder = await TwoTurnsAsync();
        byte[] whole = await File.ReadAllBytesAsync(JournalTestFolder.JournalOf(folder));
        for (int length = LastLine(whole); length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(JournalTestFolder.JournalOf(folder), whole[..length]);
            using JournalStores stores = _folders.Open(folder);

            Assert.Single(await stores.All.Turns.ReadAsync("e", 1, default).ToListAsync());
            AssertSame<ExperimentEvent>(Reported(2, 1), Assert.Single(await stores.All.Inbox.ReadAsync("e", 10, default)));
            Assert.Equal(1, (await stores.All.Experiments.FindAsync("e", default))!.Summary.Turn);
            Assert.Equal(length, new FileInfo(JournalTestFolder.JournalOf(folder)).Length); // reading repairs nothing
            Assert.True(await stores.All.Turns.CommitAsync("e", SecondTurn(), default));
            stores.Dispose();

            Assert.Equal(whole, await File.ReadAllBytesAsync(JournalTestFolder.JournalOf(folder)));
        }
    }

    [Fact]
    public async Task A_last_event_cut_at_any_byte_is_dropped_and_can_be_posted_again()
    {
        string folder = await TwoTurnsAsync();
        using (JournalStores stores = _folders.Open(folder))
        {
            await stores.All.Inbox.PostAsync("e", Ended(1), default);
        }

        byte[] whole = await File.ReadAllBytesAsync(JournalTestFolder.JournalOf(folder));
        for (int length = LastLine(whole); length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(JournalTestFolder.JournalOf(folder), whole[..length]);
            using JournalStores stores = _folders.Open(folder);
            await stores.All.Inbox.PostAsync("e", Ended(1), default);
            stores.Dispose();

            Assert.Equal(whole, await File.ReadAllBytesAsync(JournalTestFolder.JournalOf(folder)));
        }
    }

    [Fact]
    public async Task Any_changed_byte_before_the_last_line_is_refused_and_nothing_is_changed()
    {
        string folder = await TwoTurnsAsync();
        string journal = JournalTestFolder.JournalOf(folder);
        byte[] whole = await File.ReadAllBytesAsync(journal);
        int line = 1;
        for (int at = 0; at < LastLine(whole); at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 1;
            await File.WriteAllBytesAsync(journal, damaged);
            using JournalStores stores = _folders.Open(folder);

            CorruptDataException refused = await Assert.ThrowsAsync<CorruptDataException>(() => stores.All.Inbox.ReadAsync("e", 10, default));
            await Assert.ThrowsAsync<CorruptDataException>(() => stores.All.Inbox.PostAsync("e", Ended(1), default));
            await Assert.ThrowsAsync<CorruptDataException>(() => stores.All.Turns.CommitAsync("e", Commit(3), default));

            Assert.Equal($"{journal}, line {line}", refused.Where);
            Assert.Equal(damaged, await File.ReadAllBytesAsync(journal));
            line += whole[at] == '\n' ? 1 : 0;
        }

        Assert.Equal(5, line);
    }

    [Fact]
    public async Task Any_changed_byte_of_the_last_line_is_noticed()
    {
        string folder = await TwoTurnsAsync();
        string journal = JournalTestFolder.JournalOf(folder);
        byte[] whole = await File.ReadAllBytesAsync(journal);
        for (int at = LastLine(whole); at < whole.Length; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 1;
            await File.WriteAllBytesAsync(journal, damaged);
            using JournalStores stores = _folders.Open(folder);
            ValueTask<List<Turn>> turns = stores.All.Turns.ReadAsync("e", 1, default).ToListAsync();

            if (whole[at] == '\n')
            {
                await Assert.ThrowsAsync<CorruptDataException>(() => turns.AsTask()); // the line is whole, and something follows it
            }
            else
            {
                Assert.Single(await turns);
            }
        }
    }

    [Fact]
    public async Task Lines_that_are_missing_doubled_or_swapped_are_refused()
    {
        string folder = await TwoTurnsAsync();
        string journal = JournalTestFolder.JournalOf(folder);
        string[] lines = await File.ReadAllLinesAsync(journal);
        Assert.Equal(5, lines.Length);
        string[][] wrong =
        [
            [lines[0], .. lines[2..]],
            [lines[0], lines[1], .. lines[1..]],
            [lines[0], lines[2], lines[1], .. lines[3..]],
            [.. lines[1..]],
        ];
        foreach (string[] order in wrong)
        {
            await File.WriteAllLinesAsync(journal, order);
            using JournalStores stores = _folders.Open(folder);

            await Assert.ThrowsAsync<CorruptDataException>(() => stores.All.Inbox.ReadAsync("e", 10, default));
        }
    }

    [Fact]
    public async Task A_journal_of_another_version_is_refused()
    {
        string folder = await TwoTurnsAsync();
        LineBuffer header = new();
        ReadOnlySpan<byte> json = """{"format":2,"id":"e","createdAt":"2026-01-01T00:00:00+00:00"}"""u8;
        json.CopyTo(header.GetSpan(json.Length));
        header.Advance(json.Length);
        LineSeal.Close(header, 0);
        await File.WriteAllBytesAsync(JournalTestFolder.JournalOf(folder), header.Written.ToArray());
        using JournalStores stores = _folders.Open(folder);

        await Assert.ThrowsAsync<CorruptDataException>(() => stores.All.Experiments.FindAsync("e", default));
        await Assert.ThrowsAsync<CorruptDataException>(() => stores.All.Inbox.PostAsync("e", Ended(1), default));
    }

    [Fact]
    public async Task A_damaged_experiment_does_not_hide_the_others()
    {
        string folder = await TwoTurnsAsync();
        using (JournalStores stores = _folders.Open(folder))
        {
            await stores.All.Experiments.CreateAsync(Experiment("other"), default);
        }

        byte[] bytes = await File.ReadAllBytesAsync(JournalTestFolder.JournalOf(folder));
        bytes[2] ^= 1;
        await File.WriteAllBytesAsync(JournalTestFolder.JournalOf(folder), bytes);
        using JournalStores again = _folders.Open(folder);

        Assert.Equal("other", Assert.Single((await again.All.Experiments.ListAsync(new(), default)).Items).Id);
        await Assert.ThrowsAsync<CorruptDataException>(() => again.All.Experiments.FindAsync("e", default));
        await Assert.ThrowsAsync<CorruptDataException>(() => again.All.Experiments.DeleteAsync("e", default));
    }

    [Fact]
    public async Task A_snapshot_that_is_damaged_or_ahead_of_the_journal_counts_as_none()
    {
        string folder = await TwoTurnsAsync();
        string snapshot = Path.Combine(Path.GetDirectoryName(JournalTestFolder.JournalOf(folder))!, "snapshot.json");
        using JournalStores stores = _folders.Open(folder);
        await stores.All.Turns.SaveSnapshotAsync("e", Snapshot(2, 1), default);
        byte[] whole = await File.ReadAllBytesAsync(snapshot);
        AssertSame(Snapshot(2, 1), await stores.All.Turns.FindSnapshotAsync("e", default));

        await File.WriteAllBytesAsync(snapshot, whole[..^30]);
        Assert.Null(await stores.All.Turns.FindSnapshotAsync("e", default));
        whole[40] ^= 1;
        await File.WriteAllBytesAsync(snapshot, whole);
        Assert.Null(await stores.All.Turns.FindSnapshotAsync("e", default));
        await stores.All.Turns.SaveSnapshotAsync("e", Snapshot(3, 1), default);
        Assert.Null(await stores.All.Turns.FindSnapshotAsync("e", default));
    }

    private async Task<string> TwoTurnsAsync()
    {
        string folder = _folders.NewFolder();
        using JournalStores stores = _folders.Open(folder);
        await stores.All.Experiments.CreateAsync(Experiment("e"), default);
        await stores.All.Inbox.PostAsync("e", Reported(1, 1), default);
        Assert.True(await stores.All.Turns.CommitAsync("e", Commit(1, [Reported(1, 1)], [Trial(1, steps: 1)]), default));
        await stores.All.Inbox.PostAsync("e", Reported(2, 1), default);
        Assert.True(await stores.All.Turns.CommitAsync("e", SecondTurn(), default));
        return folder;
    }

    private static Engine.Ports.TurnCommit SecondTurn() => Commit(2, [Reported(2, 1)], [Trial(2, steps: 1)]);

    /// <summary>Where the last line begins.</summary>
    private static int LastLine(byte[] journal) => journal.AsSpan(0, journal.Length - 1).LastIndexOf((byte)'\n') + 1;
}
