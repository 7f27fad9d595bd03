using System.Collections.Immutable;
using HpoServerless.Adapters.Stores;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.LocalHost;

/// <summary>What an <see cref="EmbeddedHost"/> is to be.</summary>
public sealed record EmbeddedHostOptions
{
    /// <summary>Folder of the journal, the keys and the files of trials; null: nothing is kept and processes cannot be run.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Connection string of a storage account that holds experiments and queues in place of the journal; null: the journal.</summary>
    public string? StorageConnection { get; init; }

    /// <summary>Port of the HTTP API on this machine's loopback address: 0 takes a free one, null opens none.</summary>
    public int? HttpPort { get; init; }

    /// <summary>Where trials elsewhere reach the HTTP API, for example through a proxy or a tunnel; null: at the address at which it listens.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Most worker processes at the same time.</summary>
    /// <value>As many as experiments ask for.</value>
    public int MaxWorkers { get; init; } = int.MaxValue;

    /// <summary>Folder with the input data of trials on this machine, which they are told as <c>HPOGRID_DATA_DIR</c>; null: none.</summary>
    public string? InputFolder { get; init; }

    /// <summary>Whether trials run on this machine in any case: no site of <c>sites.json</c> or of the environment is known.</summary>
    public bool WithoutSites { get; init; }

    /// <summary>Ids of the only experiments that this host looks after; empty: all that the store has.</summary>
    public ImmutableArray<string> OnlyExperiments { get; init; } = [];

    /// <summary>Makes executors in place of the process executor of this machine; null: that one.</summary>
    public Func<IServiceProvider, ImmutableArray<ITrialExecutor>>? Executors { get; init; }

    /// <summary>Stores in place of those that the other options choose; the host does not close them.</summary>
    public StoreSet? Stores { get; init; }

    /// <summary>Further settings of the Functions app, by their names in the configuration (<c>Hpo:Visibility</c>).</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = ImmutableDictionary<string, string?>.Empty;

    /// <summary>Where everything logs to.</summary>
    /// <value>Nowhere.</value>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Where spans, metrics and logs go besides.</summary>
    /// <value>Nowhere.</value>
    public TelemetryOptions Telemetry { get; init; } = new(HasCollector: false);

    /// <summary>Clock of experiments, orchestrations and timers.</summary>
    /// <value>The system's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long running work may take to end when the host stops.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Has orchestrators replayed at every event: slow, and finds what is not deterministic. For tests.</summary>
    public bool ReplayEveryEvent { get; init; }

    /// <summary>Says what it is, not what it holds: the connection is a secret.</summary>
    public override string ToString() => nameof(EmbeddedHostOptions);

    /// <exception cref="InvalidInputException">Lists everything that is wrong.</exception>
    internal void Validate()
    {
        List<Fault> faults = [];
        if (HttpPort is < 0 or > 65535)
        {
            faults.Add(new(nameof(HttpPort), HttpPort.ToString(), "must be 0 to 65535"));
        }

        if (MaxWorkers < 1)
        {
            faults.Add(new(nameof(MaxWorkers), MaxWorkers.ToString(), "must be at least 1"));
        }

        if (StopGrace < TimeSpan.Zero)
        {
            faults.Add(new(nameof(StopGrace), StopGrace.ToString(), "must not be negative"));
        }

        if (StorageConnection is { Length: 0 })
        {
            faults.Add(new(nameof(StorageConnection), string.Empty, "must not be empty"));
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }
    }
}
