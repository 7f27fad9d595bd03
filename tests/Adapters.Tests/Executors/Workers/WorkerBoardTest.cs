using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Contracts.Stores;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;

namespace HpoServerless.Adapters.Tests.Executors.Workers;

/// <summary>A test of boards of workers on some store.</summary>
public abstract class WorkerBoardTest
{
    private protected ManualTimeProvider Clock { get; } = new();

    /// <summary>Stores on data of their own, with nothing in them. The subclass removes the data when the test is over.</summary>
    protected abstract Task<StoresUnderTest> CreateStoresAsync();

    private protected static SegmentWork Work(int trial, string experiment = "e") => new(
        new SegmentId(experiment, trial, 0),
        new ExperimentDefinition
        {
            Project = "p",
            Space = new SearchSpace(new UniformParameter("x", 0, 1)),
            Metric = "loss",
            Mode = OptimizationMode.Min,
            NumTrials = 1,
            MaxConcurrent = 1,
            Seed = 1,
            Program = new() { Scripts = "scripts/x.zip" },
        },
        Configuration.Of(("x", ParameterValue.Of(0.5))),
        Until: null,
        Attempt: 0);

    private protected static SegmentOutcome Completed(BoardSegment leased) => new()
    {
        Status = SegmentStatus.Completed,
        Site = "farm",
        Attempts = leased.Attempt + 1,
        Reports = [new Report(1, new Metrics([KeyValuePair.Create("loss", double.NaN)]), DateTimeOffset.UnixEpoch)],
    };

    /// <summary>What a worker gets now.</summary>
    private protected static async Task<ImmutableArray<BoardSegment>> LeaseAsync(WorkerExecutor site, string worker, ImmutableArray<string> held, int count, bool answeredAgain = false)
    {
        ImmutableArray<string> known = answeredAgain
            ? [.. (await site.Board.WorkersAsync(default)).Single(status => status.Worker.Id == worker).Running.Select(leased => leased.Lease!)]
            : held;
        return (await site.Board.LeaseAsync(worker, null, known, count, TimeSpan.Zero, default))!.Value;
    }

    private protected async Task<WorkerExecutor> OpenAsync(WorkersOptions? options = null) => Open(await CreateStoresAsync(), options);

    private protected WorkerExecutor Open(StoresUnderTest stores, WorkersOptions? options = null, TimeProvider? clock = null) =>
        new(options ?? new() { Site = "farm" }, stores.Rows, events: null, clock ?? Clock);
}
