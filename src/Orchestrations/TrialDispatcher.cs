using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Orchestrations.Telemetry;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Orchestrations;

/// <summary>Turns queue messages into running segments. A repeated message changes nothing.</summary>
public sealed class TrialDispatcher(IInbox inbox, TimeProvider time)
{
    /// <summary>Carries out one message.</summary>
    public async Task DispatchAsync(DurableTaskClient client, TrialMessage message, CancellationToken cancellation)
    {
        if (message.SentAt is { } sent)
        {
            Instruments.QueueAge.Record(Math.Max(0, (time.GetUtcNow() - sent).TotalSeconds));
        }

        string instance = message.Segment.InstanceId;
        switch (message.Kind)
        {
            case TrialMessageKind.Start:
                if (await IsDoneAsync(client, message.Segment, cancellation))
                {
                    return;
                }

                await StartAsync(client, nameof(TrialOrchestrator), new SegmentRun(message.Segment) { Site = message.Site, Trace = Instruments.Trace ?? message.Trace }, instance, cancellation);
                break;
            case TrialMessageKind.Interrupt:
                await RingAsync(client, instance, TrialOrchestrator.Interrupt, string.Empty, cancellation);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message.Kind, "is not a kind of message");
        }
    }

    /// <summary>A message that could not be carried out, however often it was tried, becomes a failed trial.</summary>
    /// <param name="client">Reaches the experiment's orchestration.</param>
    /// <param name="message">The message.</param>
    /// <param name="reason">What is known about the cause.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task GiveUpAsync(DurableTaskClient client, TrialMessage message, string reason, CancellationToken cancellation)
    {
        if (message.Kind != TrialMessageKind.Start)
        {
            return; // polling the segment interrupts it as well
        }

        SegmentId segment = message.Segment;
        DateTimeOffset now = time.GetUtcNow();
        SegmentOutcome outcome = new() { Status = SegmentStatus.Lost, Error = reason, Site = "none", Attempts = 0, StartedAt = now, EndedAt = now };
        try
        {
            await inbox.PostAsync(segment.Experiment, new SegmentEnded(segment.EndEventId, segment.Trial, segment.Segment, outcome), cancellation);
        }
        catch (NotFoundException)
        {
            return; // the experiment was removed meanwhile
        }

        await RingAsync(client, segment.Experiment, ExperimentOrchestrator.Doorbell, segment.InstanceId, cancellation);
    }

    /// <summary>Raises an event that is only a hint: where its instance does not live, it is not needed.</summary>
    /// <remarks>Some backends drop such an event, others refuse it.</remarks>
    public static async Task RingAsync(DurableTaskClient client, string instance, string eventName, string payload, CancellationToken cancellation)
    {
        try
        {
            await client.RaiseEventAsync(instance, eventName, payload, cancellation);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            if (await IsLiveAsync(client, instance, cancellation))
            {
                throw;
            }
        }
    }

    /// <summary>Starts an orchestration, unless one with this id lives.</summary>
    /// <returns>Whether it was started now.</returns>
    internal static async Task<bool> StartAsync(DurableTaskClient client, TaskName name, object input, string instance, CancellationToken cancellation)
    {
        if (await IsLiveAsync(client, instance, cancellation))
        {
            return false;
        }

        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions(instance), cancellation);
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // What backends throw where another start was faster differs; that it lives now says it.
            if (await IsLiveAsync(client, instance, cancellation))
            {
                return false;
            }

            throw;
        }
    }

    /// <summary>Whether a segment ran to its end and that only waits to be folded. Starting it again would run it twice.</summary>
    private async Task<bool> IsDoneAsync(DurableTaskClient client, SegmentId segment, CancellationToken cancellation) =>
        await client.GetInstanceAsync(segment.InstanceId, cancellation) is { RuntimeStatus: OrchestrationRuntimeStatus.Completed }
        && await inbox.HoldsEndAsync(segment, cancellation);

    /// <summary>Whether an orchestration exists and has not ended.</summary>
    internal static async Task<bool> IsLiveAsync(DurableTaskClient client, string instance, CancellationToken cancellation) =>
        await client.GetInstanceAsync(instance, cancellation) is { IsCompleted: false };
}
