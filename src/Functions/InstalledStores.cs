using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Adapters.Stores.Journal;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions;

/// <summary>The stores that the settings choose, open for as long as the app runs.</summary>
public sealed class InstalledStores : IDisposable
{
    private readonly JournalStores? _journal;

    /// <summary>Opens the stores. Waits for a storage account to answer: an app without its stores can do nothing.</summary>
    /// <exception cref="Engine.Errors.UnavailableException">The storage account does not answer.</exception>
    public InstalledStores(HpoOptions options, TimeProvider time, ILogger<InstalledStores> logger)
    {
        if (options.Storage is { } storage)
        {
            All = OpenAsync(storage, new() { Logger = logger }).GetAwaiter().GetResult();
        }
        else
        {
            _journal = new(options.DataFolder!, time, logger);
            All = _journal.All;
        }
    }

    /// <summary>All ports.</summary>
    public StoreSet All { get; }

    /// <inheritdoc/>
    public void Dispose() => _journal?.Dispose();

    private static Task<StoreSet> OpenAsync(StorageOptions storage, AzureStoreOptions options) => storage.ConnectionString is { } connection
        ? AzureStores.CreateAsync(connection, options, CancellationToken.None)
        : AzureStores.CreateAsync(storage.Tables!, storage.Blobs!, storage.CreateCredential(), options, CancellationToken.None);
}
