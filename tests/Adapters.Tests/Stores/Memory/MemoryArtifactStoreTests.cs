using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores.Memory;

public sealed class MemoryArtifactStoreTests : ArtifactStoreContract
{
    protected override Task<StoresUnderTest> CreateStoresAsync() => Task.FromResult(MemoryStores.Create().UnderTest());
}
