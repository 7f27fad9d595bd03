using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid;

/// <summary>The input data of a grid job: every <c>*.tar.gz</c> of its folder, unpacked there until this is disposed of.</summary>
/// <remarks>
/// Archives are not trusted: they are read to their very ends, checksums included, before anything is written, and nothing is written outside the
/// folder, through a link, or where it is reserved. What lies there already is kept and never removed; of what was unpacked, what the job itself put into its folders stays.
/// </remarks>
public sealed class DataArchives : IDisposable
{
    private const int LongestPart = 255;
    private const int LongestPath = 4095;
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly string _folder;
    private readonly List<string> _files = [];
    private readonly List<string> _folders = [];

    private DataArchives(string folder) => _folder = folder;

    /// <summary>How many files were unpacked.</summary>
    public int Unpacked => _files.Count;

    /// <summary>Files that were not unpacked, because something lies there already; paths in the folder.</summary>
    public List<string> Kept { get; } = [];

    /// <summary>Unpacks all archives of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="reserved">Full paths of files and folders that are no input data: an entry there is refused.</param>
    /// <exception cref="InvalidInputException">An archive cannot be read or wants what it must not; lists all such entries, and nothing was unpacked.</exception>
    public static DataArchives Unpack(string folder, params IReadOnlyCollection<string> reserved)
    {
        string[] archives = [.. Directory.EnumerateFiles(folder, "*.tar.gz").Order(StringComparer.Ordinal)];
        List<Fault> faults = [];
        foreach (string archive in archives)
        {
            Check(archive, folder, reserved, faults);
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        DataArchives unpacked = new(folder);
        try
        {
            foreach (string archive in archives)
            {
                unpacked.Add(archive);
            }

            return unpacked;
        }
        catch
        {
            unpacked.Dispose();
            throw;
        }
    }

    /// <summary>Removes what was unpacked.</summary>
    public void Dispose()
    {
        foreach (string file in _files)
        {
            Try(() => File.Delete(file));
        }

        foreach (string folder in Enumerable.Reverse(_folders))
        {
            Try(() => Directory.Delete(folder)); // refused where the job left something in it
        }

        _files.Clear();
        _folders.Clear();
    }

    private static void Check(string archive, string folder, IReadOnlyCollection<string> reserved, List<Fault> faults)
    {
        string name = Path.GetFileName(archive);
        try
        {
            using GZipStream content = Open(archive);
            using TarReader reader = new(content, leaveOpen: true);
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.EntryType != TarEntryType.GlobalExtendedAttributes && RuleBrokenBy(entry, folder, reserved) is { } rule)
                {
                    faults.Add(new($"{name}/{entry.Name}", null, rule));
                }

                entry.DataStream?.CopyTo(Stream.Null);
            }

            content.CopyTo(Stream.Null); // the checksum stands behind the end of the tar
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException or FormatException)
        {
            faults.Add(new(name, null, $"must be a tar.gz that can be read: {error.Message}"));
        }
    }

    private static string? RuleBrokenBy(TarEntry entry, string folder, IReadOnlyCollection<string> reserved)
    {
        if (PartsOf(entry.Name) is not { } parts)
        {
            return "must be a relative path that stays inside the folder";
        }

        if (!IsFile(entry) && entry.EntryType != TarEntryType.Directory)
        {
            return $"must be a plain file or a folder, not a {entry.EntryType}";
        }

        if (IsFile(entry) && parts.Length == 0)
        {
            return "must name a file";
        }

        string path = Path.Combine([folder, .. parts]);
        if (Array.Exists(parts, part => Encoding.UTF8.GetByteCount(part) > LongestPart) || Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            return $"must have names of at most {LongestPart} bytes, and at most {LongestPath} bytes with its folder";
        }

        return parts.Length > 0 && reserved.FirstOrDefault(place => IsIn(path, place)) is { } taken
            ? $"must not lie at or in {taken}, which is no place for input data"
            : null;
    }

    private static bool IsIn(string path, string place) =>
        $"{path}/".StartsWith($"{place.TrimEnd(Path.DirectorySeparatorChar)}/", StringComparison.OrdinalIgnoreCase);

    private static GZipStream Open(string archive) => new(File.OpenRead(archive), CompressionMode.Decompress);

    private static bool IsFile(TarEntry entry) => entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile;

    /// <returns>The parts of a path; null where it leads out of the folder.</returns>
    private static string[]? PartsOf(string path)
    {
        string[] parts = [.. path.Split('/').Where(part => part is not ("" or "."))];
        return path.StartsWith('/') || path.AsSpan().IndexOfAny('\\', '\0') >= 0 || Array.Exists(parts, part => part == "..") ? null : parts;
    }

    private static void Try(Action remove)
    {
        try
        {
            remove();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It is somebody else's by now, or gone.
        }
    }

    private void Add(string archive)
    {
        using TarReader reader = new(Open(archive));
        while (reader.GetNextEntry() is { } entry)
        {
            string[] parts = entry.EntryType == TarEntryType.GlobalExtendedAttributes ? [] : PartsOf(entry.Name)!;
            bool isFile = IsFile(entry);
            string? parent = Enter(isFile ? parts.AsSpan()[..^1] : parts);
            if (isFile && !(parent is not null && Write(entry, Path.Combine(parent, parts[^1]))))
            {
                Kept.Add(string.Join('/', parts));
            }
        }
    }

    /// <summary>Makes the folders that are not there.</summary>
    /// <returns>The innermost; null where a file or a link is in the way.</returns>
    private string? Enter(ReadOnlySpan<string> parts)
    {
        string path = _folder;
        foreach (string part in parts)
        {
            path = Path.Combine(path, part);
            DirectoryInfo folder = new(path);
            if (folder.LinkTarget is not null || File.Exists(path))
            {
                return null;
            }

            if (!folder.Exists)
            {
                folder.Create();
                _folders.Add(path);
            }
        }

        return path;
    }

    private bool Write(TarEntry entry, string path)
    {
        if (Path.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            return false;
        }

        _files.Add(path);
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
        entry.DataStream?.CopyTo(file);
        if (!OperatingSystem.IsWindows() && (entry.Mode & Executable) != UnixFileMode.None)
        {
            File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(file.SafeFileHandle) | (entry.Mode & Executable));
        }

        return true;
    }
}
