using HpoServerless.Engine.Ports;

namespace HpoServerless.LocalHost;

/// <summary>Shows one experiment of a store, so that a host that runs this one leaves the others alone.</summary>
internal sealed class SingleExperimentStore(IExperimentStore inner, string id) : IExperimentStore
{
    public Task<bool> CreateAsync(ExperimentRecord experiment, CancellationToken cancellation) => inner.CreateAsync(experiment, cancellation);

    public Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation) => inner.FindAsync(id, cancellation);

    public async Task<Page<ExperimentRecord>> ListAsync(PageRequest page, CancellationToken cancellation) =>
        await inner.FindAsync(id, cancellation) is { } only ? new([only]) : new([]);

    public Task DeleteAsync(string id, CancellationToken cancellation) => inner.DeleteAsync(id, cancellation);
}
