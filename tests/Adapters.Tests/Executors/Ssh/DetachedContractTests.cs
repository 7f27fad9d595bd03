using System.Globalization;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

/// <summary>The executor over SSH, with programs that run without a connection.</summary>
public sealed class DetachedContractTests(SshServerFixture fixture) : TrialExecutorContract, IClassFixture<SshServerFixture>
{
    private readonly List<(SshExecutor Executor, string Folder)> _made = [];

    protected override ValueTask<ITrialExecutor> CreateAsync()
    {
        string folder = Directory.CreateTempSubdirectory("hpo-ssh-detached-").FullName;
        SshOptions site = fixture.Server.AsyncSite(string.Create(CultureInfo.InvariantCulture, $"async-{_made.Count}"));
        _made.Add((new(site, folder, Events, Artifacts), folder));
        return ValueTask.FromResult<ITrialExecutor>(_made[^1].Executor);
    }

    protected override ValueTask<ITrialExecutor> CreateElsewhereAsync() => CreateAsync();

    protected override async ValueTask DestroyAsync()
    {
        foreach ((SshExecutor executor, string folder) in _made)
        {
            await executor.RemoveAsync("contract", default); // what still runs is not wanted any more
            await executor.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
