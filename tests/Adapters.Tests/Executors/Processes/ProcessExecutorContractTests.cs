using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Processes;

public sealed class ProcessExecutorContractTests : TrialExecutorContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-executor-").FullName;

    protected override ValueTask<ITrialExecutor> CreateAsync() => ValueTask.FromResult<ITrialExecutor>(
        new ProcessExecutor(new() { WorkFolder = _folder, MaxWorkers = 2, StopGrace = TimeSpan.FromSeconds(1) }, Events, Artifacts));

    protected override async ValueTask DestroyAsync()
    {
        await ((ProcessExecutor)Executor).DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
