using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Engine.Ports;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

/// <summary>The summary file saves reading journals and is never believed against them.</summary>
public sealed class JournalSummaryFileTests : IDisposable
{
    private readonly JournalTestFolder _folders = new();

    public void Dispose() => _folders.Dispose();

    [Fact]
    public async Task A_list_reads_nothing_before_the_place_of_the_summary_file()
    {
        string folder = await ThreeTurnsAsync();
        string journal = JournalTestFolder.JournalOf(folder);
        byte[] bytes = await File.ReadAllBytesAsync(journal);
        bytes[bytes.Length / 2] ^= 1; // would be refused if it were read

        await File.WriteAllBytesAsync(journal, bytes);

        Assert.Equal(3, await ListedTurnAsync(folder));
    }

    [Fact]
    public async Task A_missing_damaged_or_foreign_summary_file_is_made_up_for()
    {
        string folder = await ThreeTurnsAsync();
        string summary = SummaryOf(folder);
        byte[] whole = await File.ReadAllBytesAsync(summary);

        File.Delete(summary);
        Assert.Equal(3, await ListedTurnAsync(folder));
        await File.WriteAllBytesAsync(summary, whole[..^9]);
        Assert.Equal(3, await ListedTurnAsync(folder));
        await File.WriteAllBytesAsync(summary, []);
        Assert.Equal(3, await ListedTurnAsync(folder));
        File.Copy(SummaryOf(await ThreeTurnsAsync("other")), summary, overwrite: true);
        Assert.Equal(3, await ListedTurnAsync(folder));
    }

    [Fact]
    public async Task Turns_after_the_summary_file_count()
    {
        string folder = await ThreeTurnsAsync();
        byte[] old = await File.ReadAllBytesAsync(SummaryOf(folder));
        using (JournalStores stores = _folders.Open(folder))
        {
            await stores.All.Turns.CommitAsync("e", Commit(4), default);
            await stores.All.Inbox.PostAsync("e", Reported(1, 1), default);
        }

        await File.WriteAllBytesAsync(SummaryOf(folder), old);

        Assert.Equal(4, await ListedTurnAsync(folder));
    }

    [Fact]
    public async Task A_summary_file_ahead_of_the_journal_is_not_believed()
    {
        string folder = await ThreeTurnsAsync();
        string journal = JournalTestFolder.JournalOf(folder);
        string[] lines = await File.ReadAllLinesAsync(journal);

        await File.WriteAllLinesAsync(journal, lines[..^1]);

        Assert.Equal(2, await ListedTurnAsync(folder));
    }

    private static string SummaryOf(string folder) => Path.Combine(Path.GetDirectoryName(JournalTestFolder.JournalOf(folder))!, "summary.json");

    private async Task<string> ThreeTurnsAsync(string state = "state")
    {
        string folder = _folders.NewFolder();
        using JournalStores stores = _folders.Open(folder);
        await stores.All.Experiments.CreateAsync(Experiment("e"), default);
        for (int turn = 1; turn <= 3; turn++)
        {
            Assert.True(await stores.All.Turns.CommitAsync("e", Commit(turn, trials: [Trial(turn)], state: state), default));
        }

        return folder;
    }

    private async Task<int> ListedTurnAsync(string folder)
    {
        using JournalStores stores = _folders.Open(folder);
        ExperimentRecord listed = Assert.Single((await stores.All.Experiments.ListAsync(new(), default)).Items);
        AssertSame(listed, await stores.All.Experiments.FindAsync("e", default));
        return listed.Summary.Turn;
    }
}
