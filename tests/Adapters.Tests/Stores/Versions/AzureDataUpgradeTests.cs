using HpoServerless.Adapters.Tests.Stores.Azure;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores.Versions;

public sealed class AzureDataUpgradeTests(AzuriteFixture azurite) : DataUpgradeContract
{
    private string _prefix = "";

    protected override async Task<StoresUnderTest> OpenAsync() => (await azurite.OpenAsync(_prefix = AzuriteStores.NewPrefix())).UnderTest();

    protected override Task OpenAsProgramAsync() => azurite.OpenAsync(_prefix);
}
