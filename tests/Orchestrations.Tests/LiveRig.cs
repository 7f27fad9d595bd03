using HpoServerless.LocalHost.Durable;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Orchestrations.Tests;

/// <summary>A durable client on which orchestrations live until they are told to end.</summary>
internal sealed class LiveRig : IAsyncDisposable
{
    public const string End = nameof(End);

    private readonly LocalDurableRuntime _runtime = new();

    public LiveRig()
    {
        _runtime.AddOrchestrator(nameof(ExperimentOrchestrator), async context => await context.WaitForExternalEvent<string>(End));
        _runtime.AddOrchestrator(nameof(TrialOrchestrator), async context => await context.WaitForExternalEvent<string>(End));
    }

    public DurableTaskClient Client => _runtime.Client;

    public async Task<bool> IsLiveAsync(string id)
    {
        await _runtime.WhenIdleAsync();
        return await Client.GetInstanceAsync(id, CancellationToken.None) is { IsCompleted: false };
    }

    public async Task<T?> InputAsync<T>(string id) => (await Client.GetInstanceAsync(id, getInputsAndOutputs: true))!.ReadInputAs<T>();

    public async Task EndAsync(string id)
    {
        await Client.RaiseEventAsync(id, End, "x");
        await Client.WaitForInstanceCompletionAsync(id, CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));
    }

    public ValueTask DisposeAsync() => _runtime.DisposeAsync();
}
