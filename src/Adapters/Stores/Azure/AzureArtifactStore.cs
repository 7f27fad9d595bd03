using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Files, one blob each.</summary>
internal sealed class AzureArtifactStore(BlobGateway blobs) : IArtifactStore
{
    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        ArtifactName.Check(name);
        await blobs.PutAsync(name, content, cancellation);
    }

    public async Task<ReadOnlyMemory<byte>?> FindAsync(string name, CancellationToken cancellation)
    {
        ArtifactName.Check(name);
        return await blobs.FindAsync(name, cancellation);
    }

    public async Task PutAsync(string name, Stream content, CancellationToken cancellation)
    {
        ArtifactName.Check(name);
        await blobs.PutAsync(name, content, cancellation);
    }

    public async Task<bool> CopyToAsync(string name, Stream destination, CancellationToken cancellation)
    {
        ArtifactName.Check(name);
        return await blobs.CopyToAsync(name, destination, cancellation);
    }

    public async Task DeleteAsync(string prefix, CancellationToken cancellation)
    {
        ArtifactName.CheckPrefix(prefix);
        await blobs.DeleteAsync(prefix, cancellation);
    }
}
