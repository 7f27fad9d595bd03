using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

/// <summary>Data folders that are removed after the test, and the stores that were opened on them.</summary>
internal sealed class JournalTestFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hpo-journal-");
    private readonly List<JournalStores> _open = [];
    private int _folders;

    /// <summary>A folder with nothing in it.</summary>
    public string NewFolder() => Path.Combine(_root.FullName, $"d{Interlocked.Increment(ref _folders)}");

    public JournalStores Open(string folder)
    {
        JournalStores stores = new(folder, TimeProvider.System);
        _open.Add(stores);
        return stores;
    }

    /// <summary>Stores that can be reopened.</summary>
    public StoresUnderTest UnderTest(string folder)
    {
        JournalStores stores = Open(folder);
        return stores.All.UnderTest() with
        {
            Reopen = () =>
            {
                stores.Dispose();
                return Task.FromResult(UnderTest(folder));
            },
        };
    }

    public void Dispose()
    {
        _open.ForEach(stores => stores.Dispose());
        _root.Delete(recursive: true);
    }
}
