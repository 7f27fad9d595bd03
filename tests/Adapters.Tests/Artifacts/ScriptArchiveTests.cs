using System.IO.Compression;
using System.Text;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Artifacts;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ScriptArchiveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-archive-").FullName;

    private string Source => Directory.CreateDirectory(Path.Combine(_folder, "source")).FullName;

    private string Target => Path.Combine(_folder, "target");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_packed_is_unpacked()
    {
        Write("train.py", "print(1)");
        Write("lib/deep/utils.py", "ü = 1");
        Write("run.sh", "#!/bin/sh\n");
        File.SetUnixFileMode(Path.Combine(Source, "run.sh"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        ScriptArchive.Unpack(ScriptArchive.Pack(Source), Target);
        Assert.Equal("print(1)", File.ReadAllText(Path.Combine(Target, "train.py")));
        Assert.Equal("ü = 1", File.ReadAllText(Path.Combine(Target, "lib", "deep", "utils.py")));
        Assert.True(File.GetUnixFileMode(Path.Combine(Target, "run.sh")).HasFlag(UnixFileMode.UserExecute));
        Assert.False(File.GetUnixFileMode(Path.Combine(Target, "train.py")).HasFlag(UnixFileMode.UserExecute));
    }

    [Fact]
    public void The_same_files_give_the_same_bytes_and_the_same_name()
    {
        Write("b.py", "2");
        Write("a.py", "1");
        byte[] first = ScriptArchive.Pack(Source);
        File.Delete(Path.Combine(Source, "a.py"));
        Write("a.py", "1");
        Write("__pycache__/a.pyc", "compiled");
        File.SetLastWriteTimeUtc(Path.Combine(Source, "b.py"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        byte[] second = ScriptArchive.Pack(Source);
        Assert.Equal(first, second);
        Assert.Equal(ScriptArchive.NameOf(first), ScriptArchive.NameOf(second));
        Assert.Matches("^scripts/[0-9a-f]{64}\\.zip$", ScriptArchive.NameOf(first));
        Write("a.py", "3");
        Assert.NotEqual(ScriptArchive.NameOf(first), ScriptArchive.NameOf(ScriptArchive.Pack(Source)));
    }

    [Fact]
    public void A_link_to_a_file_is_packed_as_the_file()
    {
        string elsewhere = Path.Combine(_folder, "shared.py");
        File.WriteAllText(elsewhere, "shared");
        File.CreateSymbolicLink(Path.Combine(Source, "shared.py"), elsewhere);
        ScriptArchive.Unpack(ScriptArchive.Pack(Source), Target);
        Assert.Equal("shared", File.ReadAllText(Path.Combine(Target, "shared.py")));
        Assert.Null(new FileInfo(Path.Combine(Target, "shared.py")).LinkTarget);
    }

    [Fact]
    public void What_cannot_be_packed_is_named_all_at_once()
    {
        Write("train.py", "1");
        Directory.CreateSymbolicLink(Path.Combine(Source, "data"), _folder);
        File.CreateSymbolicLink(Path.Combine(Source, "gone"), Path.Combine(_folder, "nowhere"));
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => ScriptArchive.Pack(Source));
        Assert.Equal(["data", "gone"], error.Faults.Select(fault => fault.Value).Order());
        Assert.Throws<InvalidInputException>(() => ScriptArchive.Pack(Path.Combine(_folder, "missing")));
    }

    [Theory]
    [InlineData("../escape.py")]
    [InlineData("lib/../../escape.py")]
    [InlineData("/etc/escape.py")]
    [InlineData("C:/escape.py")]
    [InlineData("..\\escape.py")]
    [InlineData("lib//escape.py")]
    [InlineData("./escape.py")]
    [InlineData("lib/nul/escape.py")]
    [InlineData("CON.escape.py")]
    [InlineData("escape.py.")]
    [InlineData("escape.py /x")]
    [InlineData("escape*.py")]
    [InlineData("escape\n.py")]
    [InlineData("escape\u001b[2J.py")]
    public void An_entry_that_may_leave_the_folder_is_refused_by_name(string name)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => ScriptArchive.Unpack(Zip((name, "x", 0)), Target));
        Assert.Equal(name, Assert.Single(error.Faults).Value);
        Assert.Empty(Directory.EnumerateFiles(_folder, "*escape*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(0xA1FF)] // symbolic link
    [InlineData(0x11B6)] // named pipe
    [InlineData(0x61B6)] // block device
    public void An_entry_that_is_no_plain_file_is_refused(int mode)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => ScriptArchive.Unpack(Zip(("odd", "/etc/passwd", mode)), Target));
        Assert.Equal("odd", Assert.Single(error.Faults).Value);
        Assert.False(File.Exists(Path.Combine(Target, "odd")));
    }

    [Fact]
    public void Two_entries_of_one_name_are_refused()
    {
        Assert.Throws<InvalidInputException>(() => ScriptArchive.Unpack(Zip(("a.py", "1", 0), ("A.py", "2", 0)), Target));
        Assert.Throws<InvalidInputException>(() => ScriptArchive.Unpack(Zip(("a", "1", 0), ("a/b", "2", 0)), Path.Combine(_folder, "other")));
    }

    [Fact]
    public void Too_many_entries_are_refused()
    {
        (string, string, int)[] entries = [.. Enumerable.Range(0, ScriptArchive.MaxFiles + 1).Select(i => ($"f{i}", string.Empty, 0))];
        Assert.Throws<InvalidInputException>(() => ScriptArchive.Unpack(Zip(entries), Target));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Target));
    }

    [Fact]
    public void Unpacking_counts_what_comes_out_and_stops_at_the_limit()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(
            () => ScriptArchive.Unpack(Zip(("small", "1234", 0), ("large", new string('x', 100), 0)), Target, maxBytes: 50));
        Assert.Equal("large", Assert.Single(error.Faults).Value);
    }

    [Fact]
    public void What_is_no_zip_is_refused() =>
        Assert.Throws<InvalidInputException>(() => ScriptArchive.Unpack("this is no zip"u8.ToArray(), Target));

    private static byte[] Zip(params (string Name, string Text, int Mode)[] entries)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, string text, int mode) in entries)
            {
                ZipArchiveEntry entry = zip.CreateEntry(name);
                entry.ExternalAttributes = mode << 16;
                using Stream stream = entry.Open();
                stream.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return bytes.ToArray();
    }

    private void Write(string name, string text)
    {
        string path = Path.Combine(Source, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
