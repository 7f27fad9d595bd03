using System.Globalization;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

public sealed class SshExecutorContractTests : TrialExecutorContract
{
    private readonly List<(SshExecutor Executor, string Folder)> _made = [];
    private SshServer? _server;

    protected override async ValueTask<ITrialExecutor> CreateAsync()
    {
        _server ??= await SshServer.StartAsync();
        string folder = Directory.CreateTempSubdirectory("hpo-ssh-executor-").FullName;
        SshOptions site = _server.Site(string.Create(CultureInfo.InvariantCulture, $"site-{_made.Count}"));
        _made.Add((new(site, folder, Events, Artifacts), folder));
        return _made[^1].Executor;
    }

    protected override ValueTask<ITrialExecutor> CreateElsewhereAsync() => CreateAsync();

    protected override async ValueTask DestroyAsync()
    {
        foreach ((SshExecutor executor, string folder) in _made)
        {
            await executor.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }

        await _server!.DisposeAsync();
    }
}
