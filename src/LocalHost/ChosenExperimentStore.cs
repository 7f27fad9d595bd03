using System.Collections.Immutable;
using HpoServerless.Engine.Ports;

namespace HpoServerless.LocalHost;

/// <summary>Shows some experiments of a store, so that a host that runs these leaves the others alone.</summary>
internal sealed class ChosenExperimentStore(IExperimentStore inner, ImmutableArray<string> ids) : IExperimentStore
{
    public Task<bool> CreateAsync(ExperimentRecord experiment, CancellationToken cancellation) => inner.CreateAsync(experiment, cancellation);

    public Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation) => inner.FindAsync(id, cancellation);

    public async Task<Page<ExperimentRecord>> ListAsync(PageRequest page, CancellationToken cancellation)
    {
        List<ExperimentRecord> found = [];
        foreach (string id in ids)
        {
            if (await inner.FindAsync(id, cancellation) is { } experiment)
            {
                found.Add(experiment);
            }
        }

        return new([.. found]);
    }

    public Task DeleteAsync(string id, CancellationToken cancellation) => inner.DeleteAsync(id, cancellation);
}
