using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Machine;

/// <summary>The process executor where each segment gets one of two cards and one core.</summary>
public sealed class CardExecutorContractTests : TrialExecutorContract
{
    private readonly List<(ProcessExecutor Executor, string Folder)> _made = [];

    protected override ValueTask<ITrialExecutor> CreateAsync()
    {
        string folder = Directory.CreateTempSubdirectory("hpo-cards-").FullName;
        TimeSpan grace = TimeSpan.FromSeconds(1);
        _made.Add((new(new() { Site = "box", HasCards = true, Cards = ["0", "1"], CoresPerJob = 0.5, StopGrace = grace, PauseGrace = grace }, folder, Events, Artifacts), folder));
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
