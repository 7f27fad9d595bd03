using Azure.Core.Pipeline;
using Azure.Data.Tables;
using HpoServerless.Contracts.Azurite;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace HpoServerless.Offline.Tests.Tables;

/// <summary>A fresh table for each test that asks.</summary>
internal static class TablesFixture
{
    public static async Task<TableServiceClient> ServiceAsync(this AzuriteFixture azurite, FaultInjectingHandler? faults = null)
    {
        TableClientOptions options = new();
        options.Retry.Delay = TimeSpan.FromMilliseconds(10);
        if (faults is not null)
        {
            options.Transport = new HttpClientTransport(faults);
        }

        return new TableServiceClient((await azurite.StartAsync()).ConnectionString, options);
    }

    /// <summary>An empty table. Creating it happens before the faults are scripted, or through another client.</summary>
    public static async Task<TableClient> TableAsync(this AzuriteFixture azurite, FaultInjectingHandler? faults = null)
    {
        string name = $"t{Guid.NewGuid():N}";
        await (await azurite.ServiceAsync()).CreateTableIfNotExistsAsync(name);
        return (await azurite.ServiceAsync(faults)).GetTableClient(name);
    }

    public static async Task<List<T>> ToListAsync<T>(this IAsyncEnumerable<T> source, CancellationToken cancellationToken = default)
    {
        List<T> items = [];
        await foreach (T item in source.WithCancellation(cancellationToken))
        {
            items.Add(item);
        }

        return items;
    }
}
