using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The only way to a blob container.</summary>
internal sealed class BlobGateway(BlobContainerClient container, StorageCalls calls)
{
    private const int DeletesAtOnce = 8;
    private const int PartBytes = 4 << 20;
    private const int BytesPerSecond = 1 << 20;

    /// <summary>A blob in words, for messages.</summary>
    public string Describe(string name) => $"blob {container.Name}/{name}";

    /// <summary>Writes a blob, all or nothing, over one of the same name.</summary>
    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) => calls.RunAsync(
        Describe(name),
        limited => container.GetBlobClient(name).UploadAsync(new BinaryData(content), overwrite: true, limited),
        cancellation);

    /// <summary>Writes a blob of any size, all or nothing, over one of the same name. A large one may take longer than other calls: a second a MiB.</summary>
    public async Task PutAsync(string name, Stream content, CancellationToken cancellation)
    {
        if (content.CanSeek && content.Position >= content.Length)
        {
            await PutAsync(name, ReadOnlyMemory<byte>.Empty, cancellation); // the client takes no stream at its end
            return;
        }

        BlobUploadOptions options = new() { TransferOptions = Parts };
        long length = content.CanSeek ? content.Length - content.Position : 0;
        await calls.RunAsync(
            Describe(name), limited => container.GetBlobClient(name).UploadAsync(content, options, limited), cancellation, TimeSpan.FromSeconds(length / BytesPerSecond));
    }

    /// <summary>Writes a blob of any size to a stream.</summary>
    /// <returns>Whether there is one.</returns>
    public async Task<bool> CopyToAsync(string name, Stream destination, CancellationToken cancellation)
    {
        BlobClient blob = container.GetBlobClient(name);
        BlobProperties? properties = await calls.RunAsync(Describe(name), limited => PropertiesAsync(blob, limited), cancellation);
        if (properties is null)
        {
            return false;
        }

        BlobDownloadToOptions options = new() { TransferOptions = Parts, Conditions = new() { IfMatch = properties.ETag } };
        TimeSpan more = TimeSpan.FromSeconds(properties.ContentLength / BytesPerSecond);
        await calls.RunAsync(Describe(name), limited => blob.DownloadToAsync(destination, options, limited), cancellation, more);
        return true;
    }

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

    private static StorageTransferOptions Parts => new() { InitialTransferSize = PartBytes, MaximumTransferSize = PartBytes, MaximumConcurrency = 2 };

    private static async Task<BlobProperties?> PropertiesAsync(BlobClient blob, CancellationToken cancellation)
    {
        try
        {
            return await blob.GetPropertiesAsync(cancellationToken: cancellation);
        }
        catch (RequestFailedException e) when (e.Status == 404 && !StorageCalls.IsMissing(e))
        {
            return null;
        }
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
