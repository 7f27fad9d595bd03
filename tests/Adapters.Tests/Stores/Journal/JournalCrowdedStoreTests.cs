using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

/// <summary>The contract again, where hardly any experiment stays in memory between two calls.</summary>
public sealed class JournalCrowdedStoreTests : ExperimentStoreContract, IDisposable
{
    private readonly JournalTestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<StoresUnderTest> CreateStoresAsync() => Task.FromResult(_folder.UnderTest(_folder.NewFolder(), keptOpen: 0));
}
