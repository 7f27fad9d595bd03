using HpoServerless.Contracts.Slurm;

namespace HpoServerless.Functions.Tests.Slurm;

/// <summary>One cluster for all tests of a class.</summary>
public sealed class SlurmClusterFixture : IAsyncLifetime
{
    internal SlurmCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await SlurmCluster.StartAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
