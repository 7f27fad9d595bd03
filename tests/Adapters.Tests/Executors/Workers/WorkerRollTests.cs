using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Adapters.Tests.Stores;
using HpoServerless.Adapters.Tests.Stores.Azure;
using HpoServerless.Adapters.Tests.Stores.Journal;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Executors.Workers;

public sealed class WorkerRollInMemoryTests : WorkerRollContract
{
    protected override Task<StoresUnderTest> CreateStoresAsync() => Task.FromResult(MemoryStores.Create().UnderTest());
}

public sealed class WorkerRollInFilesTests : WorkerRollContract, IDisposable
{
    private readonly JournalTestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<StoresUnderTest> CreateStoresAsync()
    {
        string folder = _folder.NewFolder();
        return Task.FromResult(_folder.UnderTest(folder) with { OpenAnother = () => Task.FromResult(_folder.UnderTest(folder)) });
    }
}

public sealed class WorkerRollInAzureTests(AzuriteFixture azurite) : WorkerRollContract
{
    protected override Task<StoresUnderTest> CreateStoresAsync() => AzuriteStores.CreateAsync(azurite);
}
