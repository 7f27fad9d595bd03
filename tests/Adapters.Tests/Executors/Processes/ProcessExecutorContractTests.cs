using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Processes;

public sealed class ProcessExecutorContractTests : TrialExecutorContract
{
    private readonly List<(ProcessExecutor Executor, string Folder)> _made = [];

    protected override ValueTask<ITrialExecutor> CreateAsync()
    {
        string folder = Directory.CreateTempSubdirectory("hpo-executor-").FullName;
        TimeSpan grace = TimeSpan.FromSeconds(1);
        _made.Add((new(new() { WorkFolder = folder, MaxWorkers = 2, StopGrace = grace, PauseGrace = grace }, Events, Artifacts), folder));
        return ValueTask.FromResult<ITrialExecutor>(_made[^1].Executor);
    }

    protected override ValueTask<ITrialExecutor> CreateElsewhereAsync() => CreateAsync();

    protected override async ValueTask DestroyAsync()
    {
        foreach ((ProcessExecutor executor, string folder) in _made)
        {
            await executor.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
