using HpoServerless.Adapters.Tests.Stores.Journal;
using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores.Versions;

public sealed class JournalDataUpgradeTests : DataUpgradeContract, IDisposable
{
    private readonly JournalTestFolder _folders = new();
    private string _folder = "";

    public void Dispose() => _folders.Dispose();

    protected override Task<StoresUnderTest> OpenAsync() => Task.FromResult(_folders.UnderTest(_folder = _folders.NewFolder()));

    protected override Task OpenAsProgramAsync() => Task.Run(() => _folders.Open(_folder));
}
