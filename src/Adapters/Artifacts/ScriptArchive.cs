using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Artifacts;

/// <summary>A project's files as one zip: the same files give the same bytes, and unpacking trusts nothing that the zip says.</summary>
/// <remarks>Keeps relative paths, contents and the executable bit. <c>__pycache__</c> and <c>.git</c> are left out.</remarks>
public static class ScriptArchive
{
    /// <summary>Most files in one archive.</summary>
    public const int MaxFiles = 10_000;

    /// <summary>Most bytes of all unpacked files together.</summary>
    public const long MaxBytes = 1L << 30;

    private const int LongestName = 1000;
    private const int Executable = 0x49; // --x--x--x
    private const int TypeMask = 0xF000;
    private const int RegularFile = 0x8000;
    private const int Folder = 0x4000;

    private static readonly DateTimeOffset Earliest = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Name of an archive in the artifact store, by its content: <c>scripts/&lt;sha256&gt;.zip</c>.</summary>
    public static string NameOf(ReadOnlySpan<byte> archive) => $"scripts/{Convert.ToHexStringLower(SHA256.HashData(archive))}.zip";

    /// <summary>Packs a folder. A link to a file is packed as the file.</summary>
    /// <exception cref="InvalidInputException">The folder does not exist, has a link to a folder, or is too large; names every entry that is to blame.</exception>
    public static byte[] Pack(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new InvalidInputException(new Fault("scripts", folder, "must be an existing folder"));
        }

        List<Fault> faults = [];
        List<string> files = [];
        Collect(folder, string.Empty, files, faults);
        files.Sort(StringComparer.Ordinal);
        if (files.Count > MaxFiles)
        {
            faults.Add(new Fault("scripts", folder, $"must hold at most {MaxFiles} files"));
        }

        if (faults.Count == 0 && files.Sum(file => new FileInfo(Path.Combine(folder, file)).Length) > MaxBytes)
        {
            faults.Add(new Fault("scripts", folder, $"must be at most {MaxBytes >> 20} MiB"));
        }

        return faults.Count == 0 ? Write(folder, files) : throw new InvalidInputException([.. faults]);
    }

    /// <summary>Unpacks an archive into a folder, which is created and should be new: after an error it holds a part.</summary>
    /// <exception cref="InvalidInputException">
    /// It is no zip, or an entry leaves the folder, is no plain file, appears twice or is too large. Names the entry.
    /// </exception>
    public static void Unpack(ReadOnlyMemory<byte> archive, string folder) => Unpack(archive, folder, MaxBytes);

    internal static void Unpack(ReadOnlyMemory<byte> archive, string folder, long maxBytes)
    {
        Directory.CreateDirectory(folder);
        ReadAll(archive, folder, MaxFiles, maxBytes);
    }

    /// <summary>Finds out whether an archive could be unpacked, without a trace.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="maxFiles">Most entries that it may have.</param>
    /// <param name="maxBytes">Most bytes that it may unpack to.</param>
    /// <exception cref="InvalidInputException">It could not, as <see cref="Unpack(ReadOnlyMemory{byte}, string)"/> says.</exception>
    public static void Check(ReadOnlyMemory<byte> archive, int maxFiles = MaxFiles, long maxBytes = MaxBytes) => ReadAll(archive, folder: null, maxFiles, maxBytes);

    /// <summary>Whether an archive that was checked has a file.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="file">Path in it, with / between its parts.</param>
    public static bool Has(ReadOnlyMemory<byte> archive, string file)
    {
        using MemoryStream bytes = new(archive.ToArray(), writable: false);
        using ZipArchive zip = new(bytes, ZipArchiveMode.Read);
        return zip.GetEntry(file) is not null;
    }

    private static void ReadAll(ReadOnlyMemory<byte> archive, string? folder, int maxFiles, long maxBytes)
    {
        try
        {
            using MemoryStream bytes = new(archive.ToArray(), writable: false);
            using ZipArchive zip = new(bytes, ZipArchiveMode.Read);
            UnpackAll(zip, folder, maxFiles, maxBytes);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidInputException(new Fault("scripts", null, $"must be a readable zip archive ({error.Message})"));
        }
    }

    private static void Collect(string root, string relative, List<string> files, List<Fault> faults)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(Path.Combine(root, relative)).EnumerateFileSystemInfos())
        {
            string name = relative.Length == 0 ? entry.Name : $"{relative}/{entry.Name}";
            bool isFolder = entry.Attributes.HasFlag(FileAttributes.Directory);
            if (isFolder && entry.Name is "__pycache__" or ".git")
            {
                continue;
            }

            if (name.Contains('\\', StringComparison.Ordinal))
            {
                faults.Add(new Fault("scripts", name, "must not contain a backslash"));
            }
            else if (isFolder && entry.LinkTarget is not null)
            {
                faults.Add(new Fault("scripts", name, "must not be a link to a folder: only what is inside the project goes to where trials run"));
            }
            else if (isFolder)
            {
                Collect(root, name, files, faults);
            }
            else if (entry.LinkTarget is not null && entry.ResolveLinkTarget(returnFinalTarget: true) is not { Exists: true })
            {
                faults.Add(new Fault("scripts", name, "must not be a link to nothing"));
            }
            else
            {
                files.Add(name);
            }
        }
    }

    private static byte[] Write(string folder, List<string> files)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (string file in files)
            {
                string path = Path.Combine(folder, file);
                ZipArchiveEntry entry = zip.CreateEntry(file, CompressionLevel.Optimal);
                entry.LastWriteTime = Earliest;
                entry.ExternalAttributes = (RegularFile | (IsExecutable(path) ? 0x1ED : 0x1A4)) << 16; // rwxr-xr-x, rw-r--r--
                using Stream target = entry.Open();
                using FileStream source = File.OpenRead(path);
                source.CopyTo(target);
            }
        }

        return bytes.ToArray();
    }

    private static bool IsExecutable(string path) =>
        !OperatingSystem.IsWindows() && ((int)File.GetUnixFileMode(path) & Executable) != 0;

    private static void UnpackAll(ZipArchive zip, string? folder, int maxFiles, long maxBytes)
    {
        if (zip.Entries.Count > maxFiles)
        {
            throw Refuse($"{zip.Entries.Count} entries", $"must hold at most {maxFiles} files");
        }

        HashSet<string> files = new(StringComparer.OrdinalIgnoreCase);
        long room = maxBytes;
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            ImmutableArray<string> parts = CheckName(entry, files);
            string? path = folder is null ? null : Path.Combine([folder, .. parts]);
            if (path is not null)
            {
                Directory.CreateDirectory(entry.FullName.EndsWith('/') ? path : Path.GetDirectoryName(path)!);
            }

            if (!entry.FullName.EndsWith('/'))
            {
                room -= UnpackFile(entry, path, room, maxBytes);
            }
        }
    }

    private static ImmutableArray<string> CheckName(ZipArchiveEntry entry, HashSet<string> files)
    {
        string name = entry.FullName;
        bool isFolder = name.EndsWith('/');
        ImmutableArray<string> parts = [.. (isFolder ? name[..^1] : name).Split('/')];
        if (parts.Any(part => part is "" or "." or "..") || name.AsSpan().IndexOfAny('\\', ':', '\0') >= 0)
        {
            throw Refuse(name, "must be a relative path with / that stays inside the folder");
        }

        if (name.Length > LongestName || name.Any(char.IsControl) || parts.Any(PortableName.IsNotPortable))
        {
            throw Refuse(name, $"must have a name of at most {LongestName} characters that a file can have on Linux and on Windows");
        }

        int type = (entry.ExternalAttributes >> 16) & TypeMask;
        if (type is not (0 or RegularFile or Folder) || (type == Folder && !isFolder))
        {
            throw Refuse(name, "must be a plain file, not a link or a device");
        }

        for (int depth = 1; depth < parts.Length; depth++)
        {
            if (files.Contains(string.Join('/', parts.Take(depth))))
            {
                throw Refuse(name, "must not lie inside a file");
            }
        }

        return isFolder || files.Add(name) ? parts : throw Refuse(name, "must be there once");
    }

    /// <param name="entry">What is unpacked.</param>
    /// <param name="path">Where to; null for nowhere.</param>
    /// <param name="room">Bytes that it may have.</param>
    /// <param name="maxBytes">Bytes that the whole may have, for the message.</param>
    private static long UnpackFile(ZipArchiveEntry entry, string? path, long room, long maxBytes)
    {
        long size = 0;
        using (Stream source = entry.Open())
        using (Stream target = path is null ? Stream.Null : new FileStream(path, FileMode.CreateNew, FileAccess.Write))
        {
            byte[] buffer = new byte[1 << 16];
            for (int count = source.Read(buffer); count > 0; count = source.Read(buffer))
            {
                size += count; // counted here: the size in the header is only a claim
                if (size > room)
                {
                    throw Refuse(entry.FullName, $"must not bring the whole above {maxBytes >> 20} MiB");
                }

                target.Write(buffer, 0, count);
            }
        }

        if (path is not null && !OperatingSystem.IsWindows() && ((entry.ExternalAttributes >> 16) & Executable) != 0)
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | (UnixFileMode)Executable);
        }

        return size;
    }

    private static InvalidInputException Refuse(string entry, string rule) => new(new Fault("scripts", entry, rule));
}
