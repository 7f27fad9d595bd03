using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using HpoServerless.Adapters.Telemetry;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Options of the clients: how they repeat requests, and how long they wait.</summary>
internal static class AzureClients
{
    private const int BlobPatience = 4;

    public static TableClientOptions Tables(AzureStoreOptions options)
    {
        TableClientOptions client = new();
        Apply(client, options, options.NetworkTimeout, "table storage");
        return client;
    }

    public static BlobClientOptions Blobs(AzureStoreOptions options)
    {
        BlobClientOptions client = new();
        Apply(client, options, options.NetworkTimeout * BlobPatience, "blob storage");
        return client;
    }

    private static void Apply(ClientOptions client, AzureStoreOptions options, TimeSpan networkTimeout, string service)
    {
        client.Retry.Mode = RetryMode.Exponential;
        client.Retry.MaxRetries = options.Retries;
        client.Retry.Delay = options.FirstPause;
        client.Retry.MaxDelay = options.LongestPause;
        client.Retry.NetworkTimeout = networkTimeout;
        client.AddPolicy(new ThrottleWatch(service, options.Logger), HttpPipelinePosition.PerRetry);
        if (options.Transport is { } transport)
        {
            client.Transport = transport;
        }
    }
}
