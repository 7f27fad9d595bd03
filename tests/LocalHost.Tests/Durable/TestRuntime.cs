using HpoServerless.Contracts.Time;
using HpoServerless.LocalHost.Durable;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Tests.Durable;

/// <summary>A runtime on a clock that stands.</summary>
internal sealed class TestRuntime : IAsyncDisposable
{
    /// <summary>Only so that a defect ends as a red test, not as a hanging run.</summary>
    private static readonly TimeSpan HangGuard = TimeSpan.FromMinutes(3);

    public TestRuntime(bool replay, Func<LocalDurableOptions, LocalDurableOptions>? configure = null)
    {
        LocalDurableOptions options = new() { TimeProvider = Clock, ReplayEveryEvent = replay };
        Runtime = new LocalDurableRuntime(configure?.Invoke(options) ?? options);
        Runtime.AddActivity<string, string>("Echo", Task.FromResult);
    }

    public ManualTimeProvider Clock { get; } = new();

    public LocalDurableRuntime Runtime { get; }

    public DurableTaskClient Client => Runtime.Client;

    /// <summary>Registers an orchestrator without input, named <c>Main</c> unless told otherwise.</summary>
    public void Orchestrate<TOutput>(Func<TaskOrchestrationContext, Task<TOutput>> body, string name = "Main") =>
        Runtime.AddOrchestrator(name, async context => await body(context));

    public Task<string> StartAsync(object? input = null, string? id = null, string name = "Main") =>
        Client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions(id));

    public Task<OrchestrationMetadata> EndAsync(string id) =>
        Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, CancellationToken.None).WaitAsync(HangGuard);

    /// <summary>Starts an orchestration and waits for its end.</summary>
    public async Task<OrchestrationMetadata> RunAsync(object? input = null, string name = "Main") => await EndAsync(await StartAsync(input, name: name));

    /// <summary>Like <see cref="RunAsync"/>, and expects success.</summary>
    public async Task<T> ResultAsync<T>(object? input = null)
    {
        OrchestrationMetadata end = await RunAsync(input);
        Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (end.RuntimeStatus, end.FailureDetails));
        return end.ReadOutputAs<T>()!;
    }

    public Task IdleAsync() => Runtime.WhenIdleAsync().WaitAsync(HangGuard);

    public async Task AdvanceAsync(TimeSpan by)
    {
        await IdleAsync();
        Clock.Advance(by);
        await IdleAsync();
    }

    public async Task<OrchestrationMetadata> StatusAsync(string id) =>
        await Client.GetInstanceAsync(id, getInputsAndOutputs: true) ?? throw new InvalidOperationException($"{id} is gone.");

    public ValueTask DisposeAsync() => Runtime.DisposeAsync();
}
