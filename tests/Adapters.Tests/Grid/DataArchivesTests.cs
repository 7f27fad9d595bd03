using System.Formats.Tar;
using System.IO.Compression;
using HpoServerless.Adapters.Grid;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Grid;

public sealed class DataArchivesTests : IDisposable
{
    private readonly string _outside = Directory.CreateTempSubdirectory("hpo-archives-").FullName;
    private readonly string _folder;

    public DataArchivesTests() => _folder = Directory.CreateDirectory(Path.Combine(_outside, "job")).FullName;

    public void Dispose() => Directory.Delete(_outside, recursive: true);

    [Fact]
    public void Files_of_all_archives_are_there_until_the_end()
    {
        Pack("a.tar.gz", File("one.csv", "1"), File("deep/er/two.csv", "2"));
        Pack("b.tar.gz", Folder("deep/"), File("./deep/three.sh", "3", UnixFileMode.UserRead | UnixFileMode.UserExecute));
        string[] before = Files();

        using (DataArchives archives = DataArchives.Unpack(_folder))
        {
            Assert.Equal(["a.tar.gz", "b.tar.gz", "deep/er/two.csv", "deep/three.sh", "one.csv"], Files());
            Assert.Equal("2", System.IO.File.ReadAllText(At("deep/er/two.csv")));
            Assert.True(OperatingSystem.IsWindows() || System.IO.File.GetUnixFileMode(At("deep/three.sh")).HasFlag(UnixFileMode.UserExecute));
            Assert.Equal((3, 0), (archives.Unpacked, archives.Kept.Count));
        }

        Assert.Equal(before, Files());
        Assert.False(Directory.Exists(At("deep")));
    }

    [Fact]
    public void What_was_there_is_neither_written_over_nor_removed()
    {
        Directory.CreateDirectory(At("data"));
        System.IO.File.WriteAllText(At("data/mine.csv"), "mine");
        System.IO.File.WriteAllText(At("flat"), "a file");
        Pack("a.tar.gz", Folder("data/"), File("data/mine.csv", "theirs"), File("data/other.csv", "other"), File("flat/inside.csv", "x"));

        using (DataArchives archives = DataArchives.Unpack(_folder))
        {
            Assert.Equal(["data/mine.csv", "flat/inside.csv"], archives.Kept);
            Assert.Equal("other", System.IO.File.ReadAllText(At("data/other.csv")));
        }

        Assert.Equal(["a.tar.gz", "data/mine.csv", "flat"], Files());
        Assert.Equal("mine", System.IO.File.ReadAllText(At("data/mine.csv")));
    }

    [Fact]
    public void What_the_job_made_stays()
    {
        Pack("a.tar.gz", File("data/in.csv", "1"));

        using (DataArchives.Unpack(_folder))
        {
            System.IO.File.WriteAllText(At("data/model.bin"), "weights");
        }

        Assert.Equal(["a.tar.gz", "data/model.bin"], Files());
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/tmp/hpo-evil")]
    [InlineData("a/../../evil")]
    [InlineData("..")]
    [InlineData("a\\..\\..\\evil")]
    public void Path_that_leads_out_is_refused_and_nothing_is_unpacked(string path)
    {
        Pack("a.tar.gz", File("good", "1"));
        Pack("b.tar.gz", File(path, "evil"));

        InvalidInputException error = Assert.Throws<InvalidInputException>(() => DataArchives.Unpack(_folder));

        Assert.StartsWith("b.tar.gz/", Assert.Single(error.Faults).Path, StringComparison.Ordinal);
        Assert.Equal(["a.tar.gz", "b.tar.gz"], Files());
        Assert.Equal([_folder], Directory.GetFileSystemEntries(_outside));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    public void Links_and_devices_are_refused(TarEntryType type)
    {
        PaxTarEntry entry = new(type, "link");
        if (type != TarEntryType.Fifo)
        {
            entry.LinkName = _outside;
        }

        Pack("a.tar.gz", File("good", "1"), entry);

        Assert.Equal("a.tar.gz/link", Assert.Single(Assert.Throws<InvalidInputException>(() => DataArchives.Unpack(_folder)).Faults).Path);
        Assert.Equal(["a.tar.gz"], Files());
    }

    [Fact]
    public void Nothing_is_written_through_links_that_lie_in_the_folder()
    {
        string elsewhere = Directory.CreateDirectory(Path.Combine(_outside, "elsewhere")).FullName;
        Directory.CreateSymbolicLink(At("data"), elsewhere);
        System.IO.File.CreateSymbolicLink(At("file"), Path.Combine(elsewhere, "new"));
        Pack("a.tar.gz", File("data/in.csv", "1"), File("file", "2"));

        using (DataArchives archives = DataArchives.Unpack(_folder))
        {
            Assert.Equal(["data/in.csv", "file"], archives.Kept);
            Assert.Empty(Directory.GetFileSystemEntries(elsewhere));
        }

        Assert.True(Path.Exists(At("data")));
    }

    [Fact]
    public void Broken_archive_is_refused_before_another_is_unpacked()
    {
        Pack("a.tar.gz", File("good", "1"));
        Pack("b.tar.gz", File("big", new string('x', 100_000)));
        byte[] whole = System.IO.File.ReadAllBytes(At("b.tar.gz"));
        System.IO.File.WriteAllBytes(At("b.tar.gz"), whole[..(whole.Length / 2)]);
        System.IO.File.WriteAllText(At("c.tar.gz"), "no archive at all");

        InvalidInputException error = Assert.Throws<InvalidInputException>(() => DataArchives.Unpack(_folder));

        Assert.Equal(["b.tar.gz", "c.tar.gz"], error.Faults.Select(fault => fault.Path));
        Assert.Equal(["a.tar.gz", "b.tar.gz", "c.tar.gz"], Files());
    }

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    public void Archive_with_a_wrong_checksum_or_length_is_refused_before_another_is_unpacked(int fromEnd)
    {
        Pack("a.tar.gz", File("good", "1"));
        Pack("b.tar.gz", File("data", "2"));
        byte[] bytes = System.IO.File.ReadAllBytes(At("b.tar.gz"));
        bytes[^fromEnd] ^= 1;
        System.IO.File.WriteAllBytes(At("b.tar.gz"), bytes);

        Assert.Equal("b.tar.gz", Assert.Single(Assert.Throws<InvalidInputException>(() => DataArchives.Unpack(_folder)).Faults).Path);
        Assert.Equal(["a.tar.gz", "b.tar.gz"], Files());
    }

    [Fact]
    public void Names_that_are_none_or_too_long_are_refused_before_anything_is_unpacked()
    {
        string tooLong = new('x', 256);
        string tooDeep = string.Join('/', Enumerable.Repeat(new string('y', 200), 25));
        Pack("a.tar.gz", File("good", "1"), File(".", "2"), File(tooLong, "3"), File(tooDeep, "4"), Folder("./"), File(new('z', 255), "5"));

        InvalidInputException error = Assert.Throws<InvalidInputException>(() => DataArchives.Unpack(_folder));

        Assert.Equal(["a.tar.gz/.", $"a.tar.gz/{tooLong}", $"a.tar.gz/{tooDeep}"], error.Faults.Select(fault => fault.Path));
        Assert.Equal(["a.tar.gz"], Files());
    }

    [Theory]
    [InlineData("hpo-data/sites.json")]
    [InlineData("./hpo-data//experiments/x")]
    [InlineData("HPO-data/keys.json")]
    [InlineData("hpo-data")]
    public void Reserved_places_are_refused(string path)
    {
        Pack("a.tar.gz", File("hpo-data.csv", "1"), File(path, "2"));

        InvalidInputException error = Assert.Throws<InvalidInputException>(() => DataArchives.Unpack(_folder, At("hpo-data")));

        Assert.Equal($"a.tar.gz/{path}", Assert.Single(error.Faults).Path);
        Assert.Equal(["a.tar.gz"], Files());
    }

    private static PaxTarEntry File(string path, string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite) =>
        new(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), Mode = mode };

    private static PaxTarEntry Folder(string path) => new(TarEntryType.Directory, path);

    private string At(string path) => Path.Combine(_folder, path);

    private string[] Files() =>
        [.. Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_folder, file)).Order(StringComparer.Ordinal)];

    private void Pack(string name, params TarEntry[] entries)
    {
        using TarWriter writer = new(new GZipStream(System.IO.File.Create(At(name)), CompressionLevel.Fastest));
        foreach (TarEntry entry in entries)
        {
            writer.WriteEntry(entry);
        }
    }
}
