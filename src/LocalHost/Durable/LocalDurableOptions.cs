using Microsoft.DurableTask;
using Microsoft.DurableTask.Converters;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.LocalHost.Durable;

/// <summary>How a <see cref="LocalDurableRuntime"/> runs.</summary>
public sealed record LocalDurableOptions
{
    /// <summary>Turns every input, output, event and status into JSON and back. Give it the serializer options the cloud host uses.</summary>
    /// <value>System.Text.Json with fields, as the durable client and worker do by default.</value>
    public DataConverter Converter { get; init; } = new JsonDataConverter();

    /// <summary>Clock and timers of orchestrations.</summary>
    /// <value>The system's.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where orchestrators' replay-safe loggers and the runtime itself write.</summary>
    /// <value>Nowhere.</value>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Activities that run at the same time; the others wait in the order they were called. At least 1.</summary>
    /// <value>64.</value>
    public int MaxConcurrentActivities { get; init; } = 64;

    /// <summary>Finished instances whose status is kept; beyond it the one that finished first is purged. At least 0.</summary>
    /// <value>10,000.</value>
    public int MaxFinishedInstances { get; init; } = 10_000;

    /// <summary>Runs every orchestrator from its start at every event and fails it if it does not act as it did before. For tests: the cost grows with the square of the history.</summary>
    /// <value>False: instances stay in memory between events.</value>
    public bool ReplayEveryEvent { get; init; }

    /// <summary>Sees what each orchestrator is given and what it does then, for tests that keep it. The actions are valid during the call only.</summary>
    internal Action<GenerationStart, InstanceMessage, DateTime, IReadOnlyList<OrchestratorAction>>? Observer { get; init; }
}
