using HpoServerless.Engine.Errors;

namespace HpoServerless.LocalHost.Tests.Hosting;

public sealed class KeyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-keys").FullName;

    private string File => Path.Combine(_folder, "keys.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Keys_are_made_once_and_are_for_the_owner_alone()
    {
        HostKeys first = KeyFile.LoadOrCreate(_folder);
        HostKeys second = KeyFile.LoadOrCreate(_folder);

        Assert.Equal(first, second);
        Assert.Equal(3, new HashSet<string> { first.Master, first.Function, first.TrialKey }.Count);
        Assert.True(OperatingSystem.IsWindows() || System.IO.File.GetUnixFileMode(File) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.Equal([File], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Many_at_once_agree()
    {
        HostKeys[] keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => KeyFile.LoadOrCreate(_folder))));

        Assert.Single(keys.Distinct());
    }

    [Theory]
    [InlineData("rubbish")]
    [InlineData("{}")]
    [InlineData("null")]
    public void File_that_holds_no_keys_is_an_error_and_is_kept(string content)
    {
        System.IO.File.WriteAllText(File, content);

        Assert.Throws<CorruptDataException>(() => KeyFile.LoadOrCreate(_folder));
        Assert.Equal(content, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void Keys_do_not_show_themselves()
    {
        HostKeys keys = HostKeys.Create();

        Assert.DoesNotContain(keys.Master, keys.ToString());
    }
}
