using HpoServerless.Contracts.Azurite;
using HpoServerless.Contracts.Stores;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

public sealed class AzureAuditStoreTests(AzuriteFixture azurite) : AuditStoreContract
{
    protected override async Task<(IAuditStore Log, Func<Task<IAuditStore>>? Another)> CreateAsync()
    {
        string prefix = AzuriteStores.NewPrefix();
        return ((await azurite.OpenAsync(prefix)).Audit, async () => (await azurite.OpenAsync(prefix)).Audit);
    }
}
