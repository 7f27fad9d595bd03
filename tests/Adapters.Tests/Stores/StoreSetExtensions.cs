using HpoServerless.Adapters.Stores;
using HpoServerless.Contracts.Stores;

namespace HpoServerless.Adapters.Tests.Stores;

/// <summary>Hands a store to the contracts.</summary>
internal static class StoreSetExtensions
{
    public static StoresUnderTest UnderTest(this StoreSet stores) =>
        new(stores.Experiments, stores.Inbox, stores.Turns, stores.Trials, stores.Projects, stores.Artifacts, stores.Rows);
}
