using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores;

/// <summary>All ports of one store. The four experiment ports look at the same data.</summary>
/// <param name="Experiments">The experiments that exist.</param>
/// <param name="Inbox">Events that wait.</param>
/// <param name="Turns">The logs of turns.</param>
/// <param name="Trials">Trials as their last turns left them.</param>
/// <param name="Projects">Projects by name.</param>
/// <param name="Artifacts">Files by name.</param>
/// <param name="Rows">Small values that several processes change together.</param>
/// <param name="Audit">Who did what when.</param>
public sealed record StoreSet(
    IExperimentStore Experiments,
    IInbox Inbox,
    ITurnStore Turns,
    ITrialStore Trials,
    IProjectStore Projects,
    IArtifactStore Artifacts,
    IRowStore Rows,
    IAuditStore Audit);
