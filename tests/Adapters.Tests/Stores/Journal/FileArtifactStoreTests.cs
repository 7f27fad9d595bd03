using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

public sealed class FileArtifactStoreTests : ArtifactStoreContract, IDisposable
{
    private readonly JournalTestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<StoresUnderTest> CreateStoresAsync() => Task.FromResult(_folder.UnderTest(_folder.NewFolder()));
}
