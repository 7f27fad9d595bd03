using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Contracts.Stores;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Stores.Memory;

public sealed class MemoryAuditStoreTests : AuditStoreContract
{
    protected override Task<(IAuditStore Log, Func<Task<IAuditStore>>? Another)> CreateAsync() => Task.FromResult<(IAuditStore, Func<Task<IAuditStore>>?)>((MemoryStores.Create().Audit, null));
}
