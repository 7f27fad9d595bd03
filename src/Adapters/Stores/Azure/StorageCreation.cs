using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Creates tables and containers that are missing. A name stays blocked for a while after a deletion: that is waited for, up to a bound.</summary>
internal sealed class StorageCreation(AzureStoreOptions options)
{
    public Task TableAsync(TableServiceClient service, string name, StorageCalls calls, CancellationToken cancellation) =>
        CreateAsync(name, calls, async limited => await service.CreateTableIfNotExistsAsync(name, limited), cancellation);

    public Task ContainerAsync(BlobServiceClient service, string name, StorageCalls calls, CancellationToken cancellation) =>
        CreateAsync(name, calls, async limited => await service.GetBlobContainerClient(name).CreateIfNotExistsAsync(cancellationToken: limited), cancellation);

    private async Task CreateAsync(string name, StorageCalls calls, Func<CancellationToken, Task> create, CancellationToken cancellation)
    {
        for (int attempt = 1; !await calls.RunAsync(name, limited => TryAsync(create, attempt == options.CreationAttempts, limited), cancellation); attempt++)
        {
            await Task.Delay(options.CreationPause, cancellation);
        }
    }

    private static async Task<bool> TryAsync(Func<CancellationToken, Task> create, bool last, CancellationToken cancellation)
    {
        try
        {
            await create(cancellation);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 409 && StorageCalls.IsMissing(e) && !last)
        {
            return false;
        }
    }
}
