using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>The files of a folder, as they are carried elsewhere. What Python compiled is left out: it changes while it is looked at.</summary>
internal static class FolderContent
{
    private const string Compiled = "__pycache__";

    /// <summary>Names the content: equal for equal files with equal rights.</summary>
    public static async Task<string> NameAsync(string folder, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] part = new byte[64 << 10];
        foreach (string file in Files(folder))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetRelativePath(folder, file)}\n{IsExecutable(file)}\n{new FileInfo(file).Length}\n"));
            await using FileStream content = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
            for (int read; (read = await content.ReadAsync(part, cancellation)) > 0;)
            {
                hash.AppendData(part, 0, read);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    /// <summary>Writes all files as a tar.</summary>
    public static async Task WriteAsync(string folder, Stream destination, CancellationToken cancellation)
    {
        await using TarWriter tar = new(destination, leaveOpen: true);
        foreach (string file in Files(folder))
        {
            await using FileStream content = File.OpenRead(file);
            await tar.WriteEntryAsync(
                new PaxTarEntry(TarEntryType.RegularFile, Path.GetRelativePath(folder, file).Replace('\\', '/'))
                {
                    DataStream = content,
                    Mode = IsExecutable(file) ? (UnixFileMode)0b111_101_101 : (UnixFileMode)0b110_100_100,
                },
                cancellation);
        }
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Contains(Compiled))
        .Order(StringComparer.Ordinal);

    private static bool IsExecutable(string file) => !OperatingSystem.IsWindows() && File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute);
}
