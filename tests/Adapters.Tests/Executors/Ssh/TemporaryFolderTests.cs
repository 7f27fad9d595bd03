using HpoServerless.Adapters.Executors.Ssh;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

public sealed class TemporaryFolderTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("hpo-temporary-").FullName;

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public void Goes_with_its_owner_and_all_that_is_in_it()
    {
        TemporaryFolder folder = TemporaryFolder.Create(_parent, "hpo-");
        Directory.CreateDirectory(Path.Join(folder.Path, "0"));
        folder.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_parent));
    }

    [Fact]
    public void Removes_only_what_an_owner_left_that_is_gone()
    {
        using TemporaryFolder held = TemporaryFolder.Create(_parent, "hpo-");
        string other = Directory.CreateDirectory(Path.Join(_parent, "hpo-of-somebody-else")).FullName;
        string stale = Directory.CreateDirectory(Path.Join(_parent, "hpo-left")).FullName;
        File.WriteAllText(Path.Join(stale, "owner.lock"), string.Empty);
        File.WriteAllText(Path.Join(stale, "0"), string.Empty);

        using TemporaryFolder next = TemporaryFolder.Create(_parent, "hpo-");
        Assert.Equal([held.Path, next.Path, other], Directory.GetDirectories(_parent).OrderBy(path => path == other).ThenBy(path => path == next.Path));
    }
}
