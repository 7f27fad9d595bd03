using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Artifacts as files under <c>artifacts/</c>, by their names.</summary>
internal sealed class FileArtifactStore(string dataFolder) : IArtifactStore
{
    private readonly string _folder = Path.Combine(dataFolder, "artifacts");

    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string path = PathOf(name);
        Disk.Try(_folder, () =>
        {
            CreateFolder(path, name);
            Disk.Replace(path, content.Span, durable: true);
            return true;
        });
    }

    public async Task<ReadOnlyMemory<byte>?> FindAsync(string name, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string path = PathOf(name);
        return Disk.Try(_folder, () => Disk.Read(path)) is { } content ? content : default(ReadOnlyMemory<byte>?);
    }

    public async Task PutAsync(string name, Stream content, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string path = PathOf(name);
        Disk.Try(_folder, () =>
        {
            CreateFolder(path, name);
            return true;
        });
        await Disk.TryAsync(_folder, () => Disk.ReplaceAsync(path, content, cancellation));
    }

    public async Task<bool> CopyToAsync(string name, Stream destination, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string path = PathOf(name);
        if (Disk.Try(_folder, () => Disk.OpenRead(path)) is not { } handle)
        {
            return false;
        }

        await using FileStream file = new(handle, FileAccess.Read, bufferSize: 0);
        await file.CopyToAsync(destination, Disk.PartBytes, cancellation);
        return true;
    }

    public async Task DeleteAsync(string prefix, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ArtifactName.CheckPrefix(prefix);
        int slash = prefix.LastIndexOf('/');
        DirectoryInfo folder = new(Path.Combine(_folder, prefix[..(slash + 1)]));
        string beginning = prefix[(slash + 1)..];
        Disk.Try(_folder, () =>
        {
            // Within the last folder of the prefix, whatever begins with its end goes: files, and folders with all that is in them.
            foreach (FileSystemInfo entry in folder.Exists ? folder.GetFileSystemInfos() : [])
            {
                if (entry.Name.StartsWith(beginning, StringComparison.Ordinal))
                {
                    Delete(entry);
                }
            }

            RemoveEmpty(folder);
            return true;
        });
    }

    private string PathOf(string name)
    {
        ArtifactName.Check(name);
        return Path.Combine(_folder, name.Replace('/', Path.DirectorySeparatorChar));
    }

    /// <exception cref="ConflictException">A file stands where a folder is needed, or the other way round.</exception>
    private void CreateFolder(string path, string name)
    {
        string folder = Path.GetDirectoryName(path)!;
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (IOException) when (HasFileAbove(folder))
        {
            throw new ConflictException("artifact", name, "cannot be written: an artifact has the name of one of its folders");
        }

        if (Directory.Exists(path))
        {
            throw new ConflictException("artifact", name, "cannot be written: it is a folder of other artifacts");
        }
    }

    private bool HasFileAbove(string folder)
    {
        for (; folder.Length > _folder.Length; folder = Path.GetDirectoryName(folder)!)
        {
            if (File.Exists(folder))
            {
                return true;
            }
        }

        return false;
    }

    private static void Delete(FileSystemInfo entry)
    {
        if (entry is DirectoryInfo folder && folder.LinkTarget is null)
        {
            folder.Delete(recursive: true);
        }
        else
        {
            entry.Delete();
        }
    }

    private void RemoveEmpty(DirectoryInfo? folder)
    {
        for (; folder is not null && folder.FullName.Length > _folder.Length; folder = folder.Parent)
        {
            if (folder.Exists && folder.EnumerateFileSystemInfos().Any())
            {
                return;
            }

            if (folder.Exists)
            {
                folder.Delete();
            }
        }
    }
}
