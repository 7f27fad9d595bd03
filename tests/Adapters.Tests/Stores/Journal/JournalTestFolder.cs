using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Contracts.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

/// <summary>Data folders that are removed after the test, and the stores that were opened on them.</summary>
internal sealed class JournalTestFolder : IDisposable
{
    private readonly Lazy<DirectoryInfo> _root = new(() => Directory.CreateTempSubdirectory("hpo-journal-"));
    private readonly List<JournalStores> _open = [];
    private int _folders;

    /// <summary>A folder with nothing in it.</summary>
    public string NewFolder() => Path.Combine(_root.Value.FullName, $"d{Interlocked.Increment(ref _folders)}");

    public JournalStores Open(string folder) => Open(new JournalOptions(folder, TimeProvider.System, NullLogger.Instance));

    public JournalStores Open(JournalOptions options)
    {
        JournalStores stores = new(options);
        _open.Add(stores);
        return stores;
    }

    /// <summary>The journal of an experiment.</summary>
    public static string JournalOf(string folder, string id = "e") => Path.Combine(folder, "experiments", id, "journal.jsonl");

    /// <summary>A copy of a folder, in the state in which a process that was killed would leave it.</summary>
    public string CopyOf(string folder)
    {
        string copy = NewFolder();
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    /// <summary>Stores that can be reopened.</summary>
    public StoresUnderTest UnderTest(string folder, int keptOpen = 32)
    {
        JournalStores stores = Open(new JournalOptions(folder, TimeProvider.System, NullLogger.Instance) { KeptOpen = keptOpen });
        return stores.All.UnderTest() with
        {
            Reopen = () =>
            {
                stores.Dispose();
                return Task.FromResult(UnderTest(folder, keptOpen));
            },
        };
    }

    public void Dispose()
    {
        _open.ForEach(stores => stores.Dispose());
        if (_root.IsValueCreated)
        {
            _root.Value.Delete(recursive: true);
        }
    }
}
