using HpoServerless.Contracts.Azurite;
using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

public sealed class AzureExperimentStoreTests(AzuriteFixture azurite) : ExperimentStoreContract
{
    protected override int GeneratedSequences => 15;

    protected override Task<StoresUnderTest> CreateStoresAsync() => AzuriteStores.CreateAsync(azurite);
}
