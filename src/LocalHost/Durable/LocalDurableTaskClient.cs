using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Durable;

/// <summary>Client of a <see cref="LocalDurableRuntime"/>. Messages to instances that do not exist or have finished are dropped, as in the cloud.</summary>
internal sealed class LocalDurableTaskClient(LocalDurableRuntime runtime) : DurableTaskClient("local")
{
    /// <exception cref="ArgumentException">The instance id is not legal.</exception>
    /// <exception cref="InvalidOperationException">
    /// An instance of the id has not finished, or has finished in one of <see cref="StartOrchestrationOptions.DedupeStatuses"/>; or the runtime has stopped.
    /// </exception>
    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (runtime.IsStopped)
        {
            throw new InvalidOperationException($"Orchestrator '{orchestratorName}' cannot be started: the runtime has stopped.");
        }

        string id = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        GenerationStart start = new(orchestratorName, id, Number: 0, Parent: null, Serialize(input));
        runtime.Instances.Start(new OrchestrationInstance(runtime, start, options?.Tags), options?.DedupeStatuses, options?.StartAt);
        return Task.FromResult(id);
    }

    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        Find(instanceId, cancellation)?.Post(new InstanceMessage.EventRaised(eventName, Serialize(eventPayload)));
        return Task.CompletedTask;
    }

    /// <exception cref="InvalidOperationException">There is no such instance.</exception>
    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, instance => instance.WhenStartedAsync(), getInputsAndOutputs, cancellation);

    /// <exception cref="InvalidOperationException">There is no such instance.</exception>
    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, instance => instance.WhenFinishedAsync(), getInputsAndOutputs, cancellation);

    public override Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        Task.FromResult(Find(instanceId, cancellation)?.Describe(getInputsAndOutputs));

    /// <summary>Instances ordered by id; the continuation token is the last id of a page.</summary>
    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) =>
        new InstancePages(runtime.Instances, filter ?? new OrchestrationQuery());

    public override Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        if (Find(instanceId, cancellation) is { } root)
        {
            string? output = Serialize(options?.Output);
            foreach (OrchestrationInstance instance in runtime.Instances.Family(root, options?.Recursive == true))
            {
                instance.RequestTermination(output);
            }
        }

        return Task.CompletedTask;
    }

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        Find(instanceId, cancellation)?.SetSuspended(true);
        return Task.CompletedTask;
    }

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        Find(instanceId, cancellation)?.SetSuspended(false);
        return Task.CompletedTask;
    }

    /// <summary>Purges an instance that has finished.</summary>
    public override Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default) =>
        Task.FromResult(Purge(Find(instanceId, cancellation) is { } root ? [root] : [], options));

    /// <summary>Purges the finished instances that match.</summary>
    public override Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        OrchestrationQuery query = new(filter.CreatedFrom, filter.CreatedTo, filter.Statuses);
        return Task.FromResult(Purge(runtime.Instances.All.Where(i => InstancePages.Matches(query, i.Describe(full: false))), options));
    }

    /// <summary>Leaves the runtime alone: it belongs to whoever made it.</summary>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private PurgeResult Purge(IEnumerable<OrchestrationInstance> roots, PurgeInstanceOptions? options)
    {
        int purged = roots
            .Where(root => root.IsFinished)
            .SelectMany(root => runtime.Instances.Family(root, options?.Recursive == true))
            .ToArray()
            .Count(instance => instance.IsFinished && runtime.Instances.Remove(instance));
        return new PurgeResult(purged, isComplete: true);
    }

    private async Task<OrchestrationMetadata> WaitAsync(
        string instanceId, Func<OrchestrationInstance, Task> wait, bool full, CancellationToken cancellation)
    {
        OrchestrationInstance instance = Find(instanceId, cancellation)
            ?? throw new InvalidOperationException($"There is no orchestration with the id '{instanceId}'.");
        await wait(instance).WaitAsync(cancellation);
        return instance.Describe(full);
    }

    private OrchestrationInstance? Find(string instanceId, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        cancellation.ThrowIfCancellationRequested();
        return runtime.Instances.Find(instanceId);
    }

    private string? Serialize(object? value) => runtime.Options.Converter.Serialize(value);
}
