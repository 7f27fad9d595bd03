using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Contracts.Stores;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace HpoServerless.Adapters.Tests.Stores.Azure;

/// <summary>Stores in the emulator, kept apart by their prefix.</summary>
internal static class AzuriteStores
{
    public static string NewPrefix() => $"t{Guid.NewGuid():N}"[..24];

    /// <summary>Opens stores. Pauses are short, so that tests of repetitions are.</summary>
    public static async Task<StoreSet> OpenAsync(this AzuriteFixture azurite, string prefix, FaultInjectingHandler? faults = null) =>
        await AzureStores.CreateAsync((await azurite.StartAsync()).ConnectionString, Options(prefix, faults), default);

    public static AzureStoreOptions Options(string prefix, FaultInjectingHandler? faults = null) => new()
    {
        Prefix = prefix,
        Retries = 3,
        FirstPause = TimeSpan.FromMilliseconds(5),
        LongestPause = TimeSpan.FromMilliseconds(20),
        CreationPause = TimeSpan.FromMilliseconds(1),
        CreationAttempts = 4,
        Transport = faults is null ? null : new HttpClientTransport(faults),
    };

    /// <summary>A table of the stores, past them.</summary>
    public static async Task<TableClient> TableAsync(this AzuriteFixture azurite, string prefix, string name = "experiments") =>
        new TableServiceClient((await azurite.StartAsync()).ConnectionString).GetTableClient(prefix + name);

    /// <summary>A container of the stores, past them.</summary>
    public static async Task<BlobContainerClient> ContainerAsync(this AzuriteFixture azurite, string prefix, string name = "values") =>
        new BlobServiceClient((await azurite.StartAsync()).ConnectionString).GetBlobContainerClient($"{prefix}-{name}");

    /// <summary>Text that no compression makes smaller than about three quarters.</summary>
    public static string Noise(int length)
    {
        byte[] bytes = new byte[(length / 4 * 3) + 3];
        new Random(length).NextBytes(bytes);
        return Convert.ToBase64String(bytes)[..length];
    }

    public static bool IsTransaction(HttpRequestMessage request) => request.RequestUri!.AbsolutePath.EndsWith("$batch", StringComparison.Ordinal);

    /// <summary>A row that is added, alone or in a transaction.</summary>
    public static bool IsPost(HttpRequestMessage request) => request.Method == HttpMethod.Post;

    public static bool IsQuery(HttpRequestMessage request) => request.Method == HttpMethod.Get && request.RequestUri!.AbsolutePath.EndsWith("()", StringComparison.Ordinal);

    /// <summary>Empty stores for the contracts.</summary>
    public static async Task<StoresUnderTest> CreateAsync(AzuriteFixture azurite)
    {
        string prefix = NewPrefix();
        return await OpenAsync();

        async Task<StoresUnderTest> OpenAsync() => (await azurite.OpenAsync(prefix)).UnderTest() with { Reopen = OpenAsync, OpenAnother = OpenAsync };
    }
}
