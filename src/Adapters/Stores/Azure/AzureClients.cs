using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Options of the clients: how they repeat requests, and how long they wait.</summary>
internal static class AzureClients
{
    private const int BlobPatience = 4;

    public static TableClientOptions Tables(AzureStoreOptions options)
    {
        TableClientOptions client = new();
        Apply(client, options, options.NetworkTimeout);
        return client;
    }

    public static BlobClientOptions Blobs(AzureStoreOptions options)
    {
        BlobClientOptions client = new();
        Apply(client, options, options.NetworkTimeout * BlobPatience);
        return client;
    }

    private static void Apply(ClientOptions client, AzureStoreOptions options, TimeSpan networkTimeout)
    {
        client.Retry.Mode = RetryMode.Exponential;
        client.Retry.MaxRetries = options.Retries;
        client.Retry.Delay = options.FirstPause;
        client.Retry.MaxDelay = options.LongestPause;
        client.Retry.NetworkTimeout = networkTimeout;
        if (options.Transport is { } transport)
        {
            client.Transport = transport;
        }
    }
}
