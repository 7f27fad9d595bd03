using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The only way to a blob container.</summary>
internal sealed class BlobGateway(BlobContainerClient container, StorageCalls calls)
{
    private const int DeletesAtOnce = 8;

    /// <summary>A blob in words, for messages.</summary>
    public string Describe(string name) => $"blob {container.Name}/{name}";

    /// <summary>Writes a blob, all or nothing, over one of the same name.</summary>
    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) => calls.RunAsync(
        Describe(name),
        limited => container.GetBlobClient(name).UploadAsync(new BinaryData(content), overwrite: true, limited),
        cancellation);

    /// <summary>The content of a blob, or null where there is none.</summary>
    public Task<ReadOnlyMemory<byte>?> FindAsync(string name, CancellationToken cancellation) => calls.RunAsync(
        Describe(name),
        async limited =>
        {
            try
            {
                Response<BlobDownloadResult> found = await container.GetBlobClient(name).DownloadContentAsync(limited);
                return found.Value.Content.ToMemory();
            }
            catch (RequestFailedException e) when (e.Status == 404 && !StorageCalls.IsMissing(e))
            {
                return default(ReadOnlyMemory<byte>?);
            }
        },
        cancellation);

    /// <summary>Removes all blobs whose names begin with a prefix.</summary>
    public async Task DeleteAsync(string prefix, CancellationToken cancellation)
    {
        string? continuation = null;
        do
        {
            Page<BlobItem>? page = await calls.RunAsync(Describe(prefix), limited => PageAsync(prefix, continuation, limited), cancellation);
            await Parallel.ForEachAsync(
                page?.Values ?? [],
                new ParallelOptions { MaxDegreeOfParallelism = DeletesAtOnce, CancellationToken = cancellation },
                async (blob, ending) => await calls.RunAsync(Describe(blob.Name), limited => container.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: limited), ending));
            continuation = page?.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(continuation));
    }

    private async Task<Page<BlobItem>?> PageAsync(string prefix, string? continuation, CancellationToken cancellation)
    {
        await foreach (Page<BlobItem> page in container.GetBlobsAsync(prefix: prefix, cancellationToken: cancellation).AsPages(continuation))
        {
            return page;
        }

        return null;
    }
}
