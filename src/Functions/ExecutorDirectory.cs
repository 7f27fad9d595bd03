using System.Collections.Frozen;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions;

/// <summary>All executors that were registered, by their sites.</summary>
/// <param name="executors">Of two with one site the later one counts.</param>
public sealed class ExecutorDirectory(IEnumerable<ITrialExecutor> executors) : IExecutors
{
    private readonly FrozenDictionary<string, ITrialExecutor> _bySite =
        executors.Reverse().DistinctBy(e => e.Site).ToFrozenDictionary(e => e.Site);

    /// <inheritdoc/>
    public IEnumerable<ITrialExecutor> All => _bySite.Values.OrderBy(executor => executor.Site, StringComparer.Ordinal);

    /// <inheritdoc/>
    public ITrialExecutor For(string site) => _bySite.GetValueOrDefault(site) ?? throw new NotFoundException("site", site);
}
