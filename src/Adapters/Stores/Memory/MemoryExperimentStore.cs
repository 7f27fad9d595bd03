using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Memory;

/// <summary>The four experiment ports in memory.</summary>
internal sealed class MemoryExperimentStore : IExperimentStore, IInbox, ITurnStore, ITrialStore
{
    private readonly ConcurrentDictionary<string, MemoryExperiment> _experiments = new(StringComparer.Ordinal);

    public Task<bool> CreateAsync(ExperimentRecord experiment, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(_experiments.TryAdd(experiment.Id, new(experiment)));
    }

    public async Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Find(id)?.Record;
    }

    public async Task<Page<ExperimentRecord>> ListAsync(PageRequest page, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Page<ExperimentKey> keys = Paging.Newest(_experiments.Values.Select(e => e.Key), page);
        return new([.. keys.Items.Select(key => Find(key.Id)?.Record).OfType<ExperimentRecord>()], keys.Continuation);
    }

    public async Task DeleteAsync(string id, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _experiments.TryRemove(id, out _);
    }

    public async Task PostAsync(string experiment, ExperimentEvent happened, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Existing(experiment).Post(happened);
    }

    public async Task<ImmutableArray<ExperimentEvent>> ReadAsync(string experiment, int max, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Find(experiment)?.ReadInbox(max) ?? [];
    }

    public async Task<ImmutableArray<ExperimentEvent>> ReadAsync(SegmentId segment, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Find(segment.Experiment)?.ReadInbox(int.MaxValue, segment.EventPrefix) ?? [];
    }

    public async Task<bool> CommitAsync(string experiment, TurnCommit commit, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Existing(experiment).Commit(commit);
    }

    async IAsyncEnumerable<Turn> ITurnStore.ReadAsync(string experiment, int from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        MemoryExperiment? contents = Find(experiment);
        for (int number = Math.Max(from, 1); ; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (contents?.FindTurn(number) is not { } turn)
            {
                yield break;
            }

            yield return turn;
        }
    }

    public async Task SaveSnapshotAsync(string experiment, ExperimentSnapshot snapshot, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Existing(experiment).Snapshot = snapshot;
    }

    public async Task<ExperimentSnapshot?> FindSnapshotAsync(string experiment, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Find(experiment)?.Snapshot;
    }

    public async Task<Trial?> FindAsync(string experiment, int number, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Find(experiment)?.FindTrial(number);
    }

    public async Task<Page<Trial>> ListAsync(string experiment, PageRequest page, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Find(experiment)?.ListTrials(page) ?? new([]);
    }

    private MemoryExperiment? Find(string id) => _experiments.GetValueOrDefault(id);

    private MemoryExperiment Existing(string id) => Find(id) ?? throw new NotFoundException("experiment", id);
}
