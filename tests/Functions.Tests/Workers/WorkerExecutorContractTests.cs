using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Tests.Batch;

namespace HpoServerless.Functions.Tests.Workers;

/// <summary>Segments that a real worker fetches by HTTP and runs with real programs.</summary>
public sealed class WorkerExecutorContractTests : TrialExecutorContract
{
    private static readonly TimeSpan PauseGrace = TimeSpan.FromSeconds(3);

    private readonly List<IAsyncDisposable> _made = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-workers-contract-").FullName;
    private SegmentService? _service;

    [Fact]
    public override async Task Reports_that_are_not_taken_ride_in_the_outcome()
    {
        int refusals = 2; // a program elsewhere tries until they are taken
        Events.Answer = (_, _, _) => refusals-- > 0 ? throw new IOException("the store is away") : Task.FromResult(new TrialDirective(DirectiveAction.Continue));
        SegmentWork work = Work("three_steps") with { Until = 1 };
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal([1, 2, 3], AllReports(work, outcome).Select(r => r.Step));
    }

    protected override async ValueTask<ITrialExecutor> CreateAsync()
    {
        if (_service is null)
        {
            _service = new(Events, Artifacts) { PauseGrace = PauseGrace };
            await _service.StartAsync();
        }

        string site = $"workers-{_made.Count}";
        WorkersOptions options = new() { Site = site, PollEvery = TimeSpan.FromSeconds(0.2), HeartbeatTimeout = TimeSpan.FromSeconds(20), PauseGrace = PauseGrace };
        WorkerExecutor executor = new(options, MemoryStores.Create().Rows, _service, TimeProvider.System);
        _service.Boards.Add(executor.Board);
        PullWorker worker = new(new { url = _service.Address, key = _service.Key, site, n = 2, name = "contract", cache = Path.Combine(_folder, "cache") });
        _made.AddRange([worker, executor]);
        while (await executor.SlotsAsync(default) < 2)
        {
            await Task.Delay(10);
        }

        return new ServedExecutor(executor, _service);
    }

    protected override ValueTask<ITrialExecutor> CreateElsewhereAsync() => CreateAsync();

    protected override async ValueTask DestroyAsync()
    {
        foreach (IAsyncDisposable made in _made)
        {
            await made.DisposeAsync();
        }

        await _service!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
