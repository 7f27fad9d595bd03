using HpoServerless.Engine.Ports;

namespace HpoServerless.Contracts.Stores;

/// <summary>All ports of one store, on data of its own that is empty at first, and what this kind of store can do.</summary>
public sealed record StoresUnderTest(
    IExperimentStore Experiments,
    IInbox Inbox,
    ITurnStore Turns,
    ITrialStore Trials,
    IProjectStore Projects,
    IArtifactStore Artifacts,
    IRowStore Rows)
{
    /// <summary>Closes these ports and opens the same data again, as the next process would. Null where the data end with the process.</summary>
    public Func<Task<StoresUnderTest>>? Reopen { get; init; }

    /// <summary>Opens the same data once more beside these ports, for writing. Null where one process at a time may write.</summary>
    public Func<Task<StoresUnderTest>>? OpenAnother { get; init; }
}
