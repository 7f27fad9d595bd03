using System.Diagnostics;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Telemetry;
using HpoServerless.Orchestrations;
using HpoServerless.Orchestrations.Telemetry;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Entries;

/// <summary>Listens to the queue of trial messages and to where messages go that could not be carried out.</summary>
public sealed partial class TrialQueue(TrialDispatcher dispatcher, ILogger<TrialQueue> logger)
{
    /// <summary>Name of the queue.</summary>
    public const string QueueName = "hpo-trials";

    /// <summary>Where the host puts a message that failed too often.</summary>
    public const string PoisonQueueName = QueueName + "-poison";

    /// <summary>Carries out a message.</summary>
    [Function("DispatchTrial")]
    public async Task DispatchAsync(
        [QueueTrigger(QueueName, Connection = StorageOptions.Section)] string message, [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        if (Parse(message) is { } parsed)
        {
            using IDisposable? scope = logger.OfSegment(parsed.Segment);
            using Activity? span = Spans.OfMessage("dispatch trial", parsed);
            await span.FollowAsync(dispatcher.DispatchAsync(client, parsed, cancellation));
        }
    }

    /// <summary>Turns a message that failed too often into a failed trial.</summary>
    [Function("GiveUpTrial")]
    public async Task GiveUpAsync(
        [QueueTrigger(PoisonQueueName, Connection = StorageOptions.Section)] string message, [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        if (Parse(message) is { } parsed)
        {
            using IDisposable? scope = logger.OfSegment(parsed.Segment);
            using Activity? span = Spans.OfMessage("give up trial", parsed);
            LogGivenUp(parsed.Kind, parsed.Segment);
            await dispatcher.GiveUpAsync(client, parsed, "the trial could not be started: its message failed too often", cancellation);
        }
    }

    private TrialMessage? Parse(string message)
    {
        try
        {
            if (JsonSerializer.Deserialize<TrialMessage>(message, EngineJson.Options) is { Segment.Experiment.Length: > 0 } parsed)
            {
                return parsed;
            }
        }
        catch (JsonException)
        {
            // Reported below: nobody can mend it by trying again.
        }

        LogUnreadable(message.Length <= 200 ? message : message[..200]);
        return null;
    }
}
