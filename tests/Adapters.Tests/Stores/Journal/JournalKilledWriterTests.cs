using System.Diagnostics;
using System.Globalization;
using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Engine.Experiments;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

/// <summary>Writers that are killed without warning.</summary>
public sealed class JournalKilledWriterTests : IDisposable
{
    private const string FolderVariable = "HPO_TEST_JOURNAL";
    private readonly JournalTestFolder _folders = new();

    public void Dispose() => _folders.Dispose();

    [Fact]
    public async Task What_a_killed_writer_had_committed_is_there()
    {
        string folder = _folders.NewFolder();
        using (JournalStores stores = _folders.Open(folder))
        {
            await stores.All.Experiments.CreateAsync(Experiment("e"), default);
        }

        int before = 0;
        for (int round = 0; round < 3; round++)
        {
            int acknowledged = await KillAfterAsync(folder, before + 20 + (7 * round));
            using JournalStores stores = _folders.Open(folder);
            List<Turn> turns = await stores.All.Turns.ReadAsync("e", 1, default).ToListAsync();

            Assert.Equal(Enumerable.Range(1, turns.Count), turns.Select(t => t.Number));
            Assert.InRange(turns.Count, acknowledged, acknowledged + 1);
            Assert.True(await stores.All.Turns.CommitAsync("e", Commit(turns.Count + 1), default)); // the lock died with its holder
            before = turns.Count + 1;
        }
    }

    /// <summary>The process that is killed.</summary>
    [Fact(Explicit = true)]
    public async Task Writer()
    {
        string folder = Environment.GetEnvironmentVariable(FolderVariable)!;
        using JournalStores stores = new(folder, TimeProvider.System);
        int last = (await stores.All.Experiments.FindAsync("e", default))!.Summary.Turn;
        using StreamWriter acknowledged = new(AcknowledgedFile(folder)) { AutoFlush = true };
        for (int turn = last + 1; ; turn++)
        {
            await stores.All.Inbox.PostAsync("e", Reported(turn, 1), default);
            await stores.All.Turns.CommitAsync("e", Commit(turn, [Reported(turn, 1)], [Trial(turn, 3)]), default);
            await acknowledged.WriteLineAsync(turn.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <returns>The last turn of which the writer said that it was committed.</returns>
    private static async Task<int> KillAfterAsync(string folder, int turn)
    {
        File.Delete(AcknowledgedFile(folder));
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList = { "exec", typeof(JournalKilledWriterTests).Assembly.Location, "-explicit", "only", "-method", $"{typeof(JournalKilledWriterTests).FullName}.{nameof(Writer)}" },
            Environment = { [FolderVariable] = folder },
            RedirectStandardOutput = true,
        };
        using Process writer = Process.Start(start)!;
        _ = writer.StandardOutput.ReadToEndAsync();
        try
        {
            while (LastAcknowledged(folder) < turn)
            {
                Assert.False(writer.HasExited, "the writer ended by itself");
                await Task.Delay(5);
            }
        }
        finally
        {
            writer.Kill();
            await writer.WaitForExitAsync();
        }

        return LastAcknowledged(folder);
    }

    private static string AcknowledgedFile(string folder) => Path.Combine(folder, "acknowledged.txt");

    private static int LastAcknowledged(string folder)
    {
        if (!File.Exists(AcknowledgedFile(folder)))
        {
            return 0;
        }

        using FileStream file = new(AcknowledgedFile(folder), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(file);
        string text = reader.ReadToEnd();
        string[] lines = text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0 ? 0 : int.Parse(lines[^1], CultureInfo.InvariantCulture);
    }
}
