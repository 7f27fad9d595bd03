using System.Collections.Concurrent;
using System.Collections.Immutable;
using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Orchestrations.Tests;

/// <summary>The activities with stores in memory, an executor of functions and a queue that only writes down.</summary>
internal sealed class Workshop : ITrialQueue, IExecutors
{
    public const string Id = "e";

    private readonly FunctionExecutor _executor;

    public Workshop(Func<SegmentWork, CancellationToken, Task<SegmentOutcome>>? program = null, StoreSet? stores = null)
    {
        Stores = stores ?? MemoryStores.Create();
        _executor = new(new RecordedEvents(), program ?? ((work, _) => Task.FromResult(FunctionExecutor.Completed(work, ("loss", 1)))));
        Cache = new(Stores.Experiments, Stores.Turns);
        Trials = new(Stores.Experiments, Stores.Trials, Clock);
    }

    public StoreSet Stores { get; }

    public ManualTimeProvider Clock { get; } = new();

    public ExperimentCache Cache { get; }

    public RunningTrials Trials { get; }

    public ConcurrentQueue<TrialMessage> Sent { get; } = new();

    public int Runs => _executor.Started;

    /// <summary>Experiments of which the executor was told that they have ended.</summary>
    public IEnumerable<string> Finished => _executor.Finished;

    public AdvanceExperiment Advance => AdvanceWith(Cache, this);

    /// <summary>Another process that looks after the same stores.</summary>
    public AdvanceExperiment AdvanceElsewhere(ITrialQueue? queue = null) => AdvanceWith(new(Stores.Experiments, Stores.Turns), queue ?? this);

    public SubmitSegment Submit => new(Cache, Stores.Trials, Stores.Inbox, this);

    public PollSegment Poll => new(Cache, Trials, Stores.Trials, Stores.Inbox, this);

    public CollectSegment Collect => new(Cache, Stores.Trials, Stores.Inbox, this);

    public CancelSegment Cancel => new(Cache, Stores.Trials, this);

    /// <summary>How many segments the executor says that it can run.</summary>
    public int? Slots
    {
        set => _executor.Slots = value;
    }

    public IEnumerable<ITrialExecutor> All => [_executor];

    public ITrialExecutor For(string site) => site == _executor.Site ? _executor : throw new NotFoundException("site", site);

    public Task SendAsync(ImmutableArray<TrialMessage> messages, CancellationToken cancellation)
    {
        foreach (TrialMessage message in messages)
        {
            Sent.Enqueue(message);
        }

        return Task.CompletedTask;
    }

    /// <summary>Creates the experiment.</summary>
    public async Task CreateAsync(Func<ExperimentDefinition, ExperimentDefinition>? change = null, string id = Id)
    {
        ExperimentDefinition definition = new()
        {
            Project = "p",
            Space = SearchSpace.Parse("""{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}"""),
            Metric = "loss",
            Mode = OptimizationMode.Min,
            Scheduler = new("none"),
            NumTrials = 4,
            MaxConcurrent = 2,
            Seed = 1,
            Program = new() { Scripts = "scripts/none.zip", Script = "train.py", Model = "train" },
        };
        DateTimeOffset now = Clock.GetUtcNow();
        await Stores.Experiments.CreateAsync(
            new(id, change?.Invoke(definition) ?? definition, new() { Status = ExperimentStatus.Running, CreatedAt = now, UpdatedAt = now }), CancellationToken.None);
    }

    public Task<TurnReceipt> AdvanceAsync(int turn) => Advance.RunAsync(new(Id, turn), CancellationToken.None);

    /// <summary>A trial ends by its first segment, with a loss of 1.</summary>
    public Task EndAsync(int trial)
    {
        SegmentId segment = new(Id, trial, 0);
        SegmentOutcome outcome = new()
        {
            Status = SegmentStatus.Completed,
            Reports = [new Report(1, new Metrics(KeyValuePair.Create("loss", 1.0)), Clock.GetUtcNow())],
            Site = "local",
        };
        return Stores.Inbox.PostAsync(Id, new SegmentEnded(segment.EndEventId, trial, 0, outcome), CancellationToken.None);
    }

    /// <summary>Creates the experiment and starts its first trials.</summary>
    public async Task StartAsync(Func<ExperimentDefinition, ExperimentDefinition>? change = null)
    {
        await CreateAsync(change);
        await AdvanceAsync(1);
    }

    public async Task<ExperimentSummary> SummaryAsync() => (await Stores.Experiments.FindAsync(Id, CancellationToken.None))!.Summary;

    public async Task<Trial> TrialAsync(int number) => (await Stores.Trials.FindAsync(Id, number, CancellationToken.None))!;

    private AdvanceExperiment AdvanceWith(ExperimentCache cache, ITrialQueue queue) =>
        new(cache, cache == Cache ? Trials : new(Stores.Experiments, Stores.Trials, Clock), Stores.Turns, Stores.Inbox, queue, Stores.Artifacts, this, Clock, NullLogger<AdvanceExperiment>.Instance);

    public Task<ImmutableArray<ExperimentEvent>> InboxAsync() => Stores.Inbox.ReadAsync(Id, 1000, CancellationToken.None);
}
