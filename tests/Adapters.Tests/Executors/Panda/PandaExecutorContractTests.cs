using HpoServerless.Adapters.Executors.Panda;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Panda;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Panda;

/// <summary>The executor of a grid against the strict double of a PanDA server, whose jobs run the real harness with real programs, and have nothing but their sandboxes.</summary>
public sealed class PandaExecutorContractTests : TrialExecutorContract
{
    private readonly List<IAsyncDisposable> _made = [];
    private readonly List<PandaDouble> _grids = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-panda-contract-").FullName;

    [Fact]
    public override async Task Reports_that_are_not_taken_ride_in_the_outcome()
    {
        int refusals = 2; // where a decision is needed, it is asked for until there is one
        Events.Answer = (_, _, _) => refusals-- > 0 ? throw new IOException("the store is away") : Task.FromResult(new TrialDirective(DirectiveAction.Continue));
        SegmentWork work = Work("three_steps") with { Until = 1 };
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal([1, 2, 3], AllReports(work, outcome).Select(r => r.Step));

        Events.Answer = (_, _, _) => throw new IOException("the store is away");
        work = Work("three_steps", trial: 2);
        Assert.Equal([1, 2, 3], (await RunAsync(work)).Reports.Select(r => r.Step));
    }

    protected override bool HearsWhileItRuns => false;

    protected override async Task RunningAsync(SegmentWork work)
    {
        string name = $".{work.Segment.Trial}.{work.Segment.Segment}.";
        while (!_grids.SelectMany(grid => grid.Tasks).Any(task => task.Name.Contains(name, StringComparison.Ordinal) && task.Jobs.Exists(job => job.Status == "running")))
        {
            await Task.Delay(10);
        }
    }

    protected override async ValueTask<ITrialExecutor> CreateAsync()
    {
        PandaDouble grid = await PandaDouble.StartAsync(Path.Combine(_folder, $"grid-{_made.Count}"));
        PandaExecutor executor = new(PandaGrid.Options(grid), Artifacts, Events);
        _made.AddRange([executor, grid]);
        _grids.Add(grid);
        return executor;
    }

    protected override ValueTask<ITrialExecutor> CreateElsewhereAsync() => CreateAsync();

    protected override async ValueTask DestroyAsync()
    {
        foreach (IAsyncDisposable made in _made)
        {
            await made.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
