using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Contracts.Stores;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;

namespace HpoServerless.Functions.Tests.Access;

/// <summary>What counts is what there is, whoever was faster.</summary>
public sealed class QuotaCountTests
{
    private static readonly Caller Alice = new("alice", "alice", Roles.Submitter);
    private readonly StoreSet _stores = MemoryStores.Create();
    private readonly CountedLists _experiments;
    private readonly Quotas _quotas;

    public QuotaCountTests()
    {
        _experiments = new(_stores.Experiments);
        HpoOptions options = new() { TrialKey = new byte[32], Access = new() { Everybody = new(Experiments: 3, Trials: 10) } };
        _quotas = new(_stores.Rows, _experiments, options, TimeProvider.System);
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(1, 8)]
    public async Task Of_two_starts_of_one_id_the_one_that_was_made_counts(int made, int late)
    {
        await _quotas.ReserveAsync(Alice, Experiment("e", made), default);
        await _quotas.ReserveAsync(Alice, Experiment("e", late), default);
        Assert.Equal(8, await TrialsAsync()); // either may be made yet
        await Assert.ThrowsAsync<QuotaExceededException>(() => _quotas.ReserveAsync(Alice, Experiment("f", 3), default));

        Assert.True(await _experiments.CreateAsync(Experiment("e", made), default));
        Assert.False(await _experiments.CreateAsync(Experiment("e", late), default));

        Assert.Equal(made, await TrialsAsync());
        await _quotas.ReserveAsync(Alice, Experiment("g", 2), default);
        Assert.Equal(made + 2, await TrialsAsync());
    }

    [Fact]
    public async Task What_somebody_else_made_under_the_id_does_not_count()
    {
        await _quotas.ReserveAsync(Alice, Experiment("e", 8), default);
        await _experiments.CreateAsync(Experiment("e", 8, "bob"), default);

        Assert.Equal(0, await TrialsAsync());
    }

    [Fact]
    public async Task Who_only_looks_is_counted_once()
    {
        await _experiments.CreateAsync(Experiment("e", 4), default);

        Assert.Equal(4, await TrialsAsync());
        Assert.Equal(4, await TrialsAsync());
        Assert.Equal(1, _experiments.Lists);
    }

    private async Task<long> TrialsAsync() => (await _quotas.FindAsync(Alice, default)).Use!.Trials;

    private static ExperimentRecord Experiment(string id, int concurrent, string owner = "alice")
    {
        ExperimentRecord example = StoreExamples.Experiment(id);
        return example with { Definition = example.Definition with { MaxConcurrent = concurrent, Owner = new(owner, owner) } };
    }

    /// <summary>Counts how often all experiments are read.</summary>
    private sealed class CountedLists(IExperimentStore inner) : IExperimentStore
    {
        public int Lists { get; private set; }

        public Task<bool> CreateAsync(ExperimentRecord experiment, CancellationToken cancellation) => inner.CreateAsync(experiment, cancellation);

        public Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation) => inner.FindAsync(id, cancellation);

        public Task<Page<ExperimentRecord>> ListAsync(PageRequest page, CancellationToken cancellation)
        {
            Lists++;
            return inner.ListAsync(page, cancellation);
        }

        public Task DeleteAsync(string id, CancellationToken cancellation) => inner.DeleteAsync(id, cancellation);
    }
}
