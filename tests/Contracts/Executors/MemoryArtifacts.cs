using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Contracts.Executors;

/// <summary>Artifacts in memory, for tests.</summary>
public sealed class MemoryArtifacts : IArtifactStore
{
    private readonly ConcurrentDictionary<string, ReadOnlyMemory<byte>> _files = new(StringComparer.Ordinal);

    /// <summary>How often something was looked up.</summary>
    public int Finds => _finds;

    private int _finds;

    /// <summary>A zip of these files, kept under a name.</summary>
    public MemoryArtifacts WithScripts(string name, params (string Path, string Text)[] files)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string path, string text) in files)
            {
                using Stream entry = zip.CreateEntry(path).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        _files[name] = bytes.ToArray();
        return this;
    }

    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        _files[name] = content;
        return Task.CompletedTask;
    }

    public Task<ReadOnlyMemory<byte>?> FindAsync(string name, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _finds);
        return Task.FromResult(_files.TryGetValue(name, out ReadOnlyMemory<byte> content) ? content : (ReadOnlyMemory<byte>?)null);
    }

    public async Task PutAsync(string name, Stream content, CancellationToken cancellation)
    {
        using MemoryStream copy = new();
        await content.CopyToAsync(copy, cancellation);
        _files[name] = copy.ToArray();
    }

    public async Task<bool> CopyToAsync(string name, Stream destination, CancellationToken cancellation)
    {
        if (!_files.TryGetValue(name, out ReadOnlyMemory<byte> content))
        {
            return false;
        }

        await destination.WriteAsync(content, cancellation);
        return true;
    }

    public Task DeleteAsync(string prefix, CancellationToken cancellation)
    {
        foreach (string name in _files.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            _files.TryRemove(name, out _);
        }

        return Task.CompletedTask;
    }
}
