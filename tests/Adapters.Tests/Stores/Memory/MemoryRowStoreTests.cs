using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores.Memory;

public sealed class MemoryRowStoreTests : RowStoreContract
{
    protected override Task<StoresUnderTest> CreateStoresAsync() => Task.FromResult(MemoryStores.Create().UnderTest());
}
