using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>The files that a task's jobs find in their folder: a tar.gz, the same bytes for the same files, so that one that is there is used again.</summary>
/// <param name="Name">Its name, made of its content.</param>
/// <param name="Content">The tar.gz.</param>
public sealed record PandaSandbox(string Name, ReadOnlyMemory<byte> Content)
{
    private const int NoBuildLimit = 10 << 20;
    private const int SourcesLimit = 768 << 20;
    private const int Footer = 8;

    /// <summary>Largest size that the server takes under this name.</summary>
    public int Limit => Name.StartsWith("sources.", StringComparison.Ordinal) ? SourcesLimit : NoBuildLimit;

    /// <summary>The first half of the gzip's end, by which the server knows it.</summary>
    internal uint Checksum => BinaryPrimitives.ReadUInt32LittleEndian(Content.Span[^Footer..]);

    /// <summary>Packs files.</summary>
    /// <param name="files">Path, content and whether it can be run, in any order.</param>
    public static PandaSandbox Pack(IEnumerable<(string Path, ReadOnlyMemory<byte> Content, bool CanRun)> files)
    {
        using MemoryStream bytes = new();
        using (GZipStream gzip = new(bytes, CompressionLevel.Optimal, leaveOpen: true))
        using (TarWriter tar = new(gzip, TarEntryFormat.Ustar))
        {
            foreach ((string path, ReadOnlyMemory<byte> content, bool canRun) in files.OrderBy(file => file.Path, StringComparer.Ordinal))
            {
                using MemoryStream data = new(content.ToArray(), writable: false);
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path)
                {
                    DataStream = data,
                    ModificationTime = DateTimeOffset.UnixEpoch,
                    Mode = canRun ? (UnixFileMode)0b111_101_101 : (UnixFileMode)0b110_100_100,
                });
            }
        }

        byte[] packed = bytes.ToArray();
        string name = new Guid(SHA256.HashData(packed).AsSpan(0, 16)).ToString();
        return new($"jobO.{name}.tar.gz", packed);
    }
}

/// <summary>Where a sandbox is.</summary>
/// <param name="Server">Address of the server that has it, without a path.</param>
/// <param name="Name">Its name there.</param>
public sealed record PandaSandboxPlace(string Server, string Name);
