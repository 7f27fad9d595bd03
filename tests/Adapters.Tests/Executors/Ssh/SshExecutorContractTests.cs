using System.Globalization;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

public sealed class SshExecutorContractTests(SshServerFixture fixture) : TrialExecutorContract, IClassFixture<SshServerFixture>
{
    private readonly List<(SshExecutor Executor, string Folder)> _made = [];

    protected override ValueTask<ITrialExecutor> CreateAsync()
    {
        string folder = Directory.CreateTempSubdirectory("hpo-ssh-executor-").FullName;
        SshOptions site = fixture.Server.Site(string.Create(CultureInfo.InvariantCulture, $"site-{_made.Count}"));
        _made.Add((new(site, folder, Events, Artifacts), folder));
        return ValueTask.FromResult<ITrialExecutor>(_made[^1].Executor);
    }

    protected override ValueTask<ITrialExecutor> CreateElsewhereAsync() => CreateAsync();

    protected override async ValueTask DestroyAsync()
    {
        foreach ((SshExecutor executor, string folder) in _made)
        {
            await executor.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
