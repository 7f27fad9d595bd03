using HpoServerless.Contracts.Stores;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

public sealed class FileRowStoreTests : RowStoreContract, IDisposable
{
    private readonly JournalTestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Processes_that_died_while_they_wrote_leave_nothing_in_doubt()
    {
        string folder = _folder.NewFolder();
        IRowStore rows = _folder.Open(folder).All.Rows;
        StoredRow first = (await rows.PutAsync("p", "a", "old", null, default))!;
        string kept = Path.Combine(folder, "rows", "p", $"a@{first.Version}");
        byte[] content = await File.ReadAllBytesAsync(kept);
        StoredRow second = (await rows.PutAsync("p", "a", "new", first.Version, default))!;
        await File.WriteAllBytesAsync(kept, content); // as if the old version was not removed any more
        await File.WriteAllTextAsync(Path.Combine(folder, "rows", "p", "b@00000000000000000001.123~"), "half");

        IRowStore next = _folder.Open(folder).All.Rows;

        Assert.Equal(second, Assert.Single(await next.ListAsync("p", default)));
        Assert.NotNull(await next.PutAsync("p", "a", "newer", second.Version, default));
    }

    protected override Task<StoresUnderTest> CreateStoresAsync()
    {
        string folder = _folder.NewFolder();
        return Task.FromResult(_folder.UnderTest(folder) with { OpenAnother = () => Task.FromResult(_folder.UnderTest(folder)) });
    }
}
