using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Offline.Tests.DurableTask;

/// <summary>Which member a runtime's client has to override so that every overload works.</summary>
public sealed class DurableTaskClientTests
{
    [Fact]
    public async Task Overloads_reach_the_member_to_override()
    {
        await using RecordingClient client = new();
        StartOrchestrationOptions options = new("id");
        PurgeInstancesFilter filter = new(Statuses: [OrchestrationRuntimeStatus.Completed]);

        await client.ScheduleNewOrchestrationInstanceAsync("o", CancellationToken.None);
        await client.ScheduleNewOrchestrationInstanceAsync("o", 5, CancellationToken.None);
        await client.ScheduleNewOrchestrationInstanceAsync("o", options, CancellationToken.None);
        await client.RaiseEventAsync("id", "bell", CancellationToken.None);
        await client.TerminateInstanceAsync("id", CancellationToken.None);
        await client.TerminateInstanceAsync("id", (object)"stop", CancellationToken.None);
        await client.GetInstanceAsync("id", CancellationToken.None);
        await client.GetInstanceAsync("id", getInputsAndOutputs: true);
        await client.PurgeInstanceAsync("id", CancellationToken.None);
        await client.PurgeAllInstancesAsync(filter, CancellationToken.None);

        Assert.Equal(
            [
                "schedule o - -",
                "schedule o 5 -",
                "schedule o - id",
                "raise id bell -",
                "terminate id -",
                "terminate id stop",
                "get id False",
                "get id True",
                "purge id",
                "purge Completed",
            ],
            client.Calls);
    }

    [Fact]
    public async Task Members_left_alone_are_not_supported()
    {
        await using PlainClient plain = new();

        await Assert.ThrowsAsync<NotSupportedException>(() => plain.TerminateInstanceAsync("id"));
        await Assert.ThrowsAsync<NotSupportedException>(() => plain.PurgeInstanceAsync("id"));
        await Assert.ThrowsAsync<NotSupportedException>(() => plain.PurgeAllInstancesAsync(new PurgeInstancesFilter()));
    }

    private class PlainClient() : DurableTaskClient("test")
    {
        public List<string> Calls { get; } = [];

        public override Task<string> ScheduleNewOrchestrationInstanceAsync(
            TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
        {
            Calls.Add($"schedule {orchestratorName} {input ?? "-"} {options?.InstanceId ?? "-"}");
            return Task.FromResult("id");
        }

        public override Task RaiseEventAsync(
            string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) =>
            Note($"raise {instanceId} {eventName} {eventPayload ?? "-"}");

        public override Task<OrchestrationMetadata?> GetInstancesAsync(
            string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
        {
            Calls.Add($"get {instanceId} {getInputsAndOutputs}");
            return Task.FromResult<OrchestrationMetadata?>(null);
        }

        public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
            string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) => throw new NotSupportedException();

        public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
            string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) => throw new NotSupportedException();

        public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
            throw new NotSupportedException();

        public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
            throw new NotSupportedException();

        public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) =>
            throw new NotSupportedException();

        public override ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            return ValueTask.CompletedTask;
        }

        protected Task Note(string call)
        {
            Calls.Add(call);
            return Task.CompletedTask;
        }
    }

    private sealed class RecordingClient : PlainClient
    {
        public override Task TerminateInstanceAsync(
            string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default) =>
            Note($"terminate {instanceId} {options?.Output ?? "-"}");

        public override Task<PurgeResult> PurgeInstanceAsync(
            string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
        {
            Calls.Add($"purge {instanceId}");
            return Task.FromResult(new PurgeResult(1));
        }

        public override Task<PurgeResult> PurgeAllInstancesAsync(
            PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
        {
            Calls.Add($"purge {string.Join(",", filter.Statuses!)}");
            return Task.FromResult(new PurgeResult(1));
        }
    }
}
