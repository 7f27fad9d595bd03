using System.Collections.Concurrent;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Memory;

/// <summary>Files in memory.</summary>
internal sealed class MemoryArtifactStore : IArtifactStore
{
    private readonly ConcurrentDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ArtifactName.Check(name);
        _files[name] = content.ToArray();
    }

    public async Task<ReadOnlyMemory<byte>?> FindAsync(string name, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ArtifactName.Check(name);
        return _files.TryGetValue(name, out byte[]? content) ? content : default(ReadOnlyMemory<byte>?);
    }

    public async Task PutAsync(string name, Stream content, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ArtifactName.Check(name);
        using MemoryStream copy = new();
        await content.CopyToAsync(copy, cancellation);
        _files[name] = copy.ToArray();
    }

    public async Task<bool> CopyToAsync(string name, Stream destination, CancellationToken cancellation)
    {
        if (await FindAsync(name, cancellation) is not { } content)
        {
            return false;
        }

        await destination.WriteAsync(content, cancellation);
        return true;
    }

    public async Task DeleteAsync(string prefix, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ArtifactName.CheckPrefix(prefix);
        foreach (string name in _files.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            _files.TryRemove(name, out _);
        }
    }
}
