namespace HpoServerless.Adapters.Stores.Memory;

/// <summary>Stores that keep everything in memory: for tests, and for experiments that need not outlive their process.</summary>
public static class MemoryStores
{
    /// <summary>All ports, on data of their own. Any number of threads may use them.</summary>
    public static StoreSet Create()
    {
        MemoryExperimentStore experiments = new();
        return new(experiments, experiments, experiments, experiments, new MemoryProjectStore(), new MemoryArtifactStore(), new MemoryRowStore(), new MemoryAuditStore());
    }
}
