using System.Collections.Concurrent;
using System.Collections.Immutable;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.LocalHost.Durable;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Orchestrations.Tests;

/// <summary>Whole experiments with the real orchestrators and activities: replayed at every event, with short histories, every activity and every message twice, and losses.</summary>
public sealed class ReplayedExperimentTests : IAsyncDisposable, ITrialQueue, ISegmentEvents, IExecutors
{
    private readonly Workshop _shop = new();
    private readonly LocalDurableRuntime _runtime;
    private readonly ConcurrentBag<ExperimentCursor> _histories = [];
    private FunctionExecutor _executor = null!;

    public ReplayedExperimentTests() => _runtime = new(new() { ReplayEveryEvent = true, TimeProvider = _shop.Clock });

    public ValueTask DisposeAsync() => _runtime.DisposeAsync();

    [Fact]
    public async Task Every_activity_and_message_twice_gives_every_trial_once()
    {
        await RunAsync((work, _) => Task.FromResult(FunctionExecutor.Completed(work, ("loss", work.Configuration["x"].AsDouble()))));

        ExperimentSummary summary = await _shop.SummaryAsync();
        Assert.Equal(ExperimentStatus.Succeeded, summary.Status);
        Assert.Equal(new TrialCounts(Completed: 24), summary.Trials);
        Assert.Equal(24, _executor.Started);
        Assert.InRange(_histories.Select(h => h.Turn).Distinct().Count(), 4, int.MaxValue); // at least three restarts
    }

    [Fact]
    public async Task Segments_that_get_lost_are_run_again_and_counted_once()
    {
        await RunAsync((work, _) => Task.FromResult(
            work.Attempt < work.Segment.Trial % 3 ? FunctionExecutor.Ended(SegmentStatus.Lost, "preempted") : FunctionExecutor.Completed(work, ("loss", 1))));

        Assert.Equal(new TrialCounts(Completed: 24), (await _shop.SummaryAsync()).Trials);
        Assert.Equal(24 + 8 + 16, _executor.Started);
    }

    [Fact]
    public async Task Executor_that_always_breaks_fails_trials_not_the_experiment()
    {
        await RunAsync((work, _) => Task.FromResult(
            work.Segment.Trial % 4 == 0 ? FunctionExecutor.Ended(SegmentStatus.Failed, "boom") : FunctionExecutor.Completed(work, ("loss", 1))));

        Assert.Equal(new TrialCounts(Completed: 18, Failed: 6), (await _shop.SummaryAsync()).Trials);
    }

    async Task ITrialQueue.SendAsync(ImmutableArray<TrialMessage> messages, CancellationToken cancellation)
    {
        TrialDispatcher dispatcher = new(_shop.Stores.Inbox, _shop.Clock);
        foreach (TrialMessage message in messages.Concat(messages))
        {
            await dispatcher.DispatchAsync(_runtime.Client, message, cancellation);
        }
    }

    Task<TrialDirective> ISegmentEvents.ReportAsync(SegmentId segment, ImmutableArray<Report> reports, bool wait, CancellationToken cancellation) =>
        Task.FromResult(new TrialDirective(DirectiveAction.Continue));

    Task ISegmentEvents.CheckpointedAsync(SegmentId segment, Checkpoint checkpoint, CancellationToken cancellation) =>
        throw new NotSupportedException();

    Task ISegmentEvents.BeganAsync(SegmentId segment, int attempt, CancellationToken cancellation) => Task.CompletedTask;

    Task ISegmentEvents.RestoredAsync(SegmentId segment, int attempt, long step, string text, CancellationToken cancellation) =>
        throw new NotSupportedException();

    Task ISegmentEvents.EndedAsync(SegmentId segment, CancellationToken cancellation) =>
        _runtime.Client.RaiseEventAsync(segment.InstanceId, TrialOrchestrator.Ended, string.Empty, cancellation);

    IEnumerable<ITrialExecutor> IExecutors.All => [_executor];

    ITrialExecutor IExecutors.For(string site) => _executor;

    private async Task RunAsync(Func<SegmentWork, CancellationToken, Task<SegmentOutcome>> program)
    {
        _executor = new(this, program);
        Register();
        await _shop.CreateAsync(d => d with { NumTrials = 24, MaxConcurrent = 3, Stopping = new() { Failures = null } });
        await _runtime.Client.ScheduleNewOrchestrationInstanceAsync(
            nameof(ExperimentOrchestrator), new ExperimentCursor(Workshop.Id, RoundsPerHistory: 2), new StartOrchestrationOptions(Workshop.Id));
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        Task<OrchestrationMetadata> ending = _runtime.Client.WaitForInstanceCompletionAsync(Workshop.Id, getInputsAndOutputs: true, patience.Token);
        while (!ending.IsCompleted)
        {
            await Task.WhenAny(ending, Task.Delay(20, patience.Token));
            _shop.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        OrchestrationMetadata end = await ending;
        Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (end.RuntimeStatus, end.FailureDetails?.ErrorMessage));
    }

    private void Register()
    {
        _runtime.AddOrchestrator<ExperimentCursor, int>(nameof(ExperimentOrchestrator), (context, cursor) =>
        {
            _histories.Add(cursor);
            return ExperimentOrchestrator.RunAsync(context, cursor);
        });
        _runtime.AddOrchestrator<SegmentRun, object?>(nameof(TrialOrchestrator), async (context, run) =>
        {
            await TrialOrchestrator.RunAsync(context, run);
            return null;
        });

        ExperimentCache cache = _shop.Cache;
        AdvanceExperiment advance = new(cache, _shop.Trials, _shop.Stores.Turns, _shop.Stores.Inbox, this, _shop.Stores.Artifacts, this, _shop.Clock, NullLogger<AdvanceExperiment>.Instance);
        SubmitSegment submit = new(cache, _shop.Stores.Trials, _shop.Stores.Inbox, this);
        PollSegment poll = new(cache, _shop.Trials, _shop.Stores.Trials, _shop.Stores.Inbox, this);
        CollectSegment collect = new(cache, _shop.Stores.Trials, _shop.Stores.Inbox, this);
        CancelSegment cancel = new(cache, _shop.Stores.Trials, this);
        Twice<AdvanceRequest, TurnReceipt>(nameof(AdvanceExperiment), r => advance.RunAsync(r, CancellationToken.None));
        Twice<SegmentRun, string?>(nameof(SubmitSegment), r => submit.RunAsync(r, CancellationToken.None));
        Twice<SegmentRun, SegmentProgress>(nameof(PollSegment), r => poll.RunAsync(r, CancellationToken.None));
        Twice<SegmentRun, bool>(nameof(CollectSegment), r => collect.RunAsync(r, CancellationToken.None));
        Twice<SegmentRun, object?>(nameof(CancelSegment), async r =>
        {
            await cancel.RunAsync(r, CancellationToken.None);
            return null;
        });
    }

    /// <summary>The first answer is lost on its way, as after a crash; the second one counts.</summary>
    private void Twice<TInput, TOutput>(string name, Func<TInput, Task<TOutput>> body) => _runtime.AddActivity<TInput, TOutput>(name, async input =>
    {
        await body(input);
        return await body(input);
    });
}
