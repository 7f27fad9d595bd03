using HpoServerless.Contracts.Azurite;
using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

public sealed class AzureRowStoreTests(AzuriteFixture azurite) : RowStoreContract
{
    protected override Task<StoresUnderTest> CreateStoresAsync() => AzuriteStores.CreateAsync(azurite);
}
