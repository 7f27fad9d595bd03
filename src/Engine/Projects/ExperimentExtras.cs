using System.Text.Json;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Projects;

/// <summary>The members of <c>hpo_config</c> beyond the classic ones, all optional. Null means not given.</summary>
public sealed record ExperimentExtras
{
    private const double LongestSeconds = 100.0 * 365 * 86400;

    /// <summary><c>seed</c>: source of all randomness, in [0, 2^63).</summary>
    public ulong? Seed { get; init; }

    /// <summary><c>time_limit_s</c>: longest experiment.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary><c>target</c>: a best value this good ends the experiment.</summary>
    public double? Target { get; init; }

    /// <summary><c>plateau</c>: <c>{"trials": N, "min_delta": x}</c>.</summary>
    public PlateauRule? Plateau { get; init; }

    /// <summary><c>max_failure_rate</c>: <c>{"rate": r, "min_trials": n}</c>; rate 1 accepts any number of failures.</summary>
    public FailureRule? MaxFailureRate { get; init; }

    /// <summary><c>trial_time_limit_s</c>: longest run of one segment of a trial.</summary>
    public TimeSpan? TrialTimeLimit { get; init; }

    /// <summary><c>trial_memory_limit_mb</c>: memory a trial may take, in MiB.</summary>
    public int? TrialMemoryLimitMiB { get; init; }

    /// <summary><c>log_limit_mb</c>: largest log kept of a trial, in MiB.</summary>
    public int? LogLimitMiB { get; init; }

    /// <summary><c>job_retries</c>: how often a segment that the infrastructure lost is started again.</summary>
    public int? JobRetries { get; init; }

    /// <summary><c>isolate</c>: a fresh process for every trial.</summary>
    public bool? Isolate { get; init; }

    /// <summary><c>stop_grace_s</c>: how long a program that was told to stop may go on before it is killed.</summary>
    public TimeSpan? StopGrace { get; init; }

    /// <summary><c>checkpoint</c>: <c>{"every": steps, "every_s": seconds, "keep": n, "keep_completed": flag}</c>.</summary>
    public CheckpointRules? Checkpoint { get; init; }

    /// <summary>When the experiment ends early, by these rules and the defaults.</summary>
    public StoppingRules ToStoppingRules() => new()
    {
        Time = TimeLimit,
        Target = Target,
        Plateau = Plateau,
        Failures = MaxFailureRate switch { null => new(), { Rate: 1 } => null, { } rule => rule },
    };

    /// <summary>What a segment may use, by these limits and the defaults.</summary>
    public TrialLimits ToTrialLimits()
    {
        TrialLimits defaults = new();
        return defaults with
        {
            Time = TrialTimeLimit,
            MemoryMiB = TrialMemoryLimitMiB,
            LogMiB = LogLimitMiB ?? defaults.LogMiB,
            Retries = JobRetries ?? defaults.Retries,
            Isolate = Isolate ?? defaults.Isolate,
            StopGrace = StopGrace,
        };
    }

    internal static ExperimentExtras Read(DocumentReader reader) => new()
    {
        Seed = (ulong?)reader.Integer("seed", 0, long.MaxValue),
        TimeLimit = Seconds(reader, "time_limit_s"),
        Target = reader.Number("target", static _ => true, "must be a finite number"),
        Plateau = ReadPlateau(reader),
        MaxFailureRate = ReadFailures(reader),
        TrialTimeLimit = Seconds(reader, "trial_time_limit_s"),
        TrialMemoryLimitMiB = (int?)reader.Integer("trial_memory_limit_mb", 1, 1 << 30),
        LogLimitMiB = (int?)reader.Integer("log_limit_mb", 1, 1024),
        JobRetries = (int?)reader.Integer("job_retries", 0, 1000),
        Isolate = reader.Flag("isolate"),
        StopGrace = Seconds(reader, "stop_grace_s"),
        Checkpoint = ReadCheckpoint(reader),
    };

    internal void Write(Utf8JsonWriter writer)
    {
        if (Seed is { } seed)
        {
            writer.WriteNumber("seed", seed);
        }

        writer.WriteGiven("time_limit_s", TimeLimit?.TotalSeconds);
        writer.WriteGiven("target", Target);
        if (Plateau is { } plateau)
        {
            writer.WriteStartObject("plateau");
            writer.WriteNumber("trials", plateau.Trials);
            writer.WriteNumber("min_delta", plateau.MinDelta);
            writer.WriteEndObject();
        }

        if (MaxFailureRate is { } failures)
        {
            writer.WriteStartObject("max_failure_rate");
            writer.WriteNumber("rate", failures.Rate);
            writer.WriteNumber("min_trials", failures.MinTrials);
            writer.WriteEndObject();
        }

        writer.WriteGiven("trial_time_limit_s", TrialTimeLimit?.TotalSeconds);
        writer.WriteGiven("trial_memory_limit_mb", TrialMemoryLimitMiB);
        writer.WriteGiven("log_limit_mb", LogLimitMiB);
        writer.WriteGiven("job_retries", JobRetries);
        if (Isolate is { } isolate)
        {
            writer.WriteBoolean("isolate", isolate);
        }

        writer.WriteGiven("stop_grace_s", StopGrace?.TotalSeconds);
        if (Checkpoint is { } checkpoint)
        {
            writer.WriteStartObject("checkpoint");
            writer.WriteNumber("every", checkpoint.Every);
            writer.WriteNumber("every_s", checkpoint.EverySeconds);
            writer.WriteNumber("keep", checkpoint.Keep);
            writer.WriteBoolean("keep_completed", checkpoint.KeepCompleted);
            writer.WriteEndObject();
        }
    }

    private static CheckpointRules? ReadCheckpoint(DocumentReader reader)
    {
        if (!reader.Has("checkpoint"))
        {
            return null;
        }

        DocumentReader checkpoint = reader.Child("checkpoint");
        CheckpointRules defaults = new();
        CheckpointRules rules = new()
        {
            Every = (int?)checkpoint.Integer("every", 0, 1_000_000_000) ?? defaults.Every,
            EverySeconds = checkpoint.Number("every_s", static s => s is 0 or (>= 0.1 and <= LongestSeconds), "must be 0, or a number of seconds from 0.1") ?? defaults.EverySeconds,
            Keep = (int?)checkpoint.Integer("keep", 1, 1000) ?? defaults.Keep,
            KeepCompleted = checkpoint.Flag("keep_completed") ?? defaults.KeepCompleted,
        };
        checkpoint.Done();
        return rules;
    }

    private static TimeSpan? Seconds(DocumentReader reader, string key) =>
        reader.Number(key, static s => s is >= 0.001 and <= LongestSeconds, "must be a number of seconds from 0.001 to 100 years") is { } seconds
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static PlateauRule? ReadPlateau(DocumentReader reader)
    {
        if (!reader.Has("plateau"))
        {
            return null;
        }

        DocumentReader plateau = reader.Child("plateau");
        if (!plateau.Has("trials"))
        {
            plateau.Fault("trials", "is missing");
        }

        PlateauRule rule = new(
            (int?)plateau.Integer("trials", 1, int.MaxValue) ?? 1,
            plateau.Number("min_delta", static d => d >= 0, "must be a finite number of at least 0") ?? 0);
        plateau.Done();
        return rule;
    }

    private static FailureRule? ReadFailures(DocumentReader reader)
    {
        if (!reader.Has("max_failure_rate"))
        {
            return null;
        }

        DocumentReader failures = reader.Child("max_failure_rate");
        FailureRule defaults = new();
        FailureRule rule = new(
            failures.Number("rate", static r => r is >= 0 and <= 1, "must be a number from 0 to 1") ?? defaults.Rate,
            (int?)failures.Integer("min_trials", 1, int.MaxValue) ?? defaults.MinTrials);
        failures.Done();
        return rule;
    }
}
