using Azure.Core.Pipeline;
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

    /// <summary>Empty stores for the contracts.</summary>
    public static async Task<StoresUnderTest> CreateAsync(AzuriteFixture azurite)
    {
        string prefix = NewPrefix();
        return await OpenAsync();

        async Task<StoresUnderTest> OpenAsync() => (await azurite.OpenAsync(prefix)).UnderTest() with { Reopen = OpenAsync, OpenAnother = OpenAsync };
    }
}
