using HpoServerless.Contracts.Azurite;
using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

public sealed class AzureArtifactStoreTests(AzuriteFixture azurite) : ArtifactStoreContract
{
    protected override Task<StoresUnderTest> CreateStoresAsync() => AzuriteStores.CreateAsync(azurite);
}
