using System.Collections.Concurrent;
using HpoServerless.Contracts.Time;
using HpoServerless.LocalHost.Durable;
using HpoServerless.Orchestrations.Tests.Upgrades;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Orchestrations.Tests;

/// <summary>The orchestrators on a clock that stands, replayed at every event, with activities that a test makes up.</summary>
internal sealed class DurableRig : IAsyncDisposable
{
    /// <summary>Only so that a defect ends as a red test, not as a hanging run.</summary>
    private static readonly TimeSpan HangGuard = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<(string Activity, object? Input)> _calls = new();

    public DurableRig(HistoryRecorder? recorder = null)
    {
        Runtime = new(new() { TimeProvider = Clock, ReplayEveryEvent = true, Observer = recorder is null ? null : recorder.Take });
        Runtime.AddOrchestrator<ExperimentCursor, int>(nameof(ExperimentOrchestrator), (context, cursor) =>
        {
            Histories.Add(cursor);
            return ExperimentOrchestrator.RunAsync(context, cursor);
        });
        Runtime.AddOrchestrator<SegmentRun, object?>(nameof(TrialOrchestrator), async (context, run) =>
        {
            await TrialOrchestrator.RunAsync(context, run);
            return null;
        });
    }

    public ManualTimeProvider Clock { get; } = new();

    public LocalDurableRuntime Runtime { get; }

    /// <summary>Cursors that the experiment orchestrator was run with, replays included.</summary>
    public ConcurrentBag<ExperimentCursor> Histories { get; } = [];

    /// <summary>Calls of activities so far, in order.</summary>
    public IEnumerable<string> Calls => _calls.Select(c => c.Activity);

    /// <summary>Inputs of one activity so far, in order.</summary>
    public IEnumerable<T> Inputs<T>(string activity) => _calls.Where(c => c.Activity == activity).Select(c => (T)c.Input!);

    /// <summary>Makes up an activity.</summary>
    public void Activity<TInput, TOutput>(string name, Func<TInput, TOutput> body) => Runtime.AddActivity<TInput, TOutput>(name, input =>
    {
        _calls.Enqueue((name, input));
        return Task.FromResult(body(input));
    });

    public async Task StartAsync(string orchestrator, string id, object input)
    {
        await Runtime.Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, new StartOrchestrationOptions(id));
        await IdleAsync();
    }

    public async Task RaiseAsync(string id, string name, string payload = "x")
    {
        await Runtime.Client.RaiseEventAsync(id, name, payload);
        await IdleAsync();
    }

    public async Task AdvanceAsync(TimeSpan by)
    {
        await IdleAsync();
        Clock.Advance(by);
        await IdleAsync();
    }

    /// <summary>Lets time pass in steps, so that what falls due late is followed by what it sets off.</summary>
    public async Task PassAsync(int minutes)
    {
        for (int minute = 0; minute < minutes; minute++)
        {
            await AdvanceAsync(TimeSpan.FromMinutes(1));
        }
    }

    public async Task<OrchestrationMetadata> StatusAsync(string id) =>
        await Runtime.Client.GetInstanceAsync(id, getInputsAndOutputs: true) ?? throw new InvalidOperationException($"{id} is gone.");

    public async Task<OrchestrationMetadata> EndAsync(string id)
    {
        OrchestrationMetadata end = await Runtime.Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, CancellationToken.None).WaitAsync(HangGuard);
        Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (end.RuntimeStatus, end.FailureDetails?.ErrorMessage));
        return end;
    }

    public ValueTask DisposeAsync() => Runtime.DisposeAsync();

    private Task IdleAsync() => Runtime.WhenIdleAsync().WaitAsync(HangGuard);
}
