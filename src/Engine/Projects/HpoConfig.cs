using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Projects;

/// <summary>How an experiment searches: algorithm, scheduler, metric, budget. Valid by construction through <see cref="Parse"/>.</summary>
public sealed record HpoConfig
{
    internal const string DocumentName = "hpo_config";

    /// <summary>Registered name of the searcher; default <c>random</c>.</summary>
    public string Algorithm { get; init; } = "random";

    /// <summary>Name of the reported number that is optimised; default <c>accuracy</c>.</summary>
    public string Metric { get; init; } = "accuracy";

    /// <summary>Which direction of the metric is better; default max.</summary>
    public OptimizationMode Mode { get; init; } = OptimizationMode.Max;

    /// <summary>Registered name of the trial scheduler; default <c>asynchyperband</c>. Null and <c>None</c> in the document mean <c>none</c>.</summary>
    public string Scheduler { get; init; } = "asynchyperband";

    /// <summary>How many trials are created at most; at least 1, default 100.</summary>
    public int NumTrials { get; init; } = 100;

    /// <summary>How many trials run at once at most; at least 1, default 3.</summary>
    public int MaxConcurrent { get; init; } = 3;

    /// <summary>Where logs are to go; default <c>./log</c>.</summary>
    public string? LogDir { get; init; } = "./log";

    /// <summary>How much is said while the experiment runs; at least 0, default 0.</summary>
    public int Verbose { get; init; }

    /// <summary>
    /// Thresholds of reported keys that complete a trial; default <c>{"training_iteration": 1}</c>, and none where the scheduler says itself how far
    /// a trial runs. Empty: a trial runs to its own end.
    /// </summary>
    public ImmutableSortedDictionary<string, double> Stop { get; init; } =
        ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal).Add("training_iteration", 1);

    /// <summary>Resources of one trial, such as <c>{"cpu": 1, "gpu": 1}</c>; null means no wish.</summary>
    public ImmutableSortedDictionary<string, double>? Resource { get; init; }

    /// <summary>JSON object of the scheduler's options; null means all defaults.</summary>
    public JsonElement? SchedulerParam { get; init; }

    /// <summary>JSON object of the searcher's options; null means all defaults.</summary>
    public JsonElement? AlgorithmParam { get; init; }

    /// <summary>Further reported keys to show beside the metric; null means none.</summary>
    public ImmutableArray<string>? ExtraMetrics { get; init; }

    /// <summary>What it aims at beyond one metric.</summary>
    public SearchGoals Goals { get; init; } = new();

    /// <summary>What it knows, or is to try, before it begins.</summary>
    public HeadStart HeadStart { get; init; } = new();

    /// <summary>Where its trials run.</summary>
    public PlacementConfig Placement { get; init; } = new();

    /// <summary>The optional members beyond the classic ones.</summary>
    public ExperimentExtras Extras { get; init; } = new();

    /// <summary>Reads the document; algorithm and scheduler are checked with their options, but not against a search space.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static HpoConfig Parse(JsonElement json)
    {
        List<Fault> faults = [];
        HpoConfig config = Read(new(json, DocumentName, faults), space: null);
        return faults.Count == 0 ? config : throw new InvalidInputException([.. faults]);
    }

    /// <summary>What is allowed and yet hardly meant, a sentence each: a person should be told before anything runs.</summary>
    public IEnumerable<string> Remarks() => AlgorithmRules.RemarksOn(this);

    /// <summary>The whole document, defaults written out.</summary>
    public JsonElement ToJson() => DocumentWriter.ToElement(Write);

    /// <summary>This configuration for exactly these points, without early stopping.</summary>
    /// <param name="points">Points of the search space, whole or in part; at least one.</param>
    public HpoConfig ForPoints(ImmutableArray<Configuration> points) =>
        this with { NumTrials = points.Length, Scheduler = "none", SchedulerParam = null, HeadStart = HeadStart with { Points = points } };

    /// <summary>This configuration for evaluating points that somebody else chose: here, each to its end, whatever comes of the others.</summary>
    /// <param name="points">Whole configurations of the search space; at least one, all different.</param>
    public HpoConfig ForEvaluation(ImmutableArray<Configuration> points) => (this with
    {
        Algorithm = "random",
        AlgorithmParam = null,
        HeadStart = new(),
        Placement = new(),
        Extras = Extras with { Target = null, Plateau = null, MaxFailureRate = new(Rate: 1) },
    }).ForPoints(points);

    internal static HpoConfig Read(DocumentReader reader, SearchSpace? space)
    {
        HpoConfig defaults = new();
        (Objective primary, SearchGoals goals) = SearchGoals.Read(reader, new(defaults.Metric, defaults.Mode));
        JsonElement? algorithmParam = reader.Object("algorithm_param");
        HeadStart headStart = HeadStart.Read(reader, ref algorithmParam, space);
        string scheduler = ReadScheduler(reader) ?? defaults.Scheduler;
        HpoConfig config = new()
        {
            Algorithm = reader.Text("algorithm") ?? defaults.Algorithm,
            Metric = primary.Name,
            Mode = primary.Mode,
            Scheduler = scheduler,
            NumTrials = (int?)reader.Integer("num_trials", 1, int.MaxValue, TrialsRule(reader)) ?? defaults.NumTrials,
            MaxConcurrent = (int?)reader.Integer("max_concurrent", 1, 100_000) ?? defaults.MaxConcurrent,
            LogDir = reader.Text("log_dir") ?? (reader.FindOrNull("log_dir") is null ? defaults.LogDir : null),
            Verbose = ReadVerbose(reader),
            Stop = reader.Numbers("stop", static _ => true, "must be a finite number") ?? (TrialSchedulerRegistry.BoundsTrials(scheduler) ? defaults.Stop.Clear() : defaults.Stop),
            Resource = reader.Numbers("resource", static r => r >= 0, "must be a finite number of at least 0"),
            SchedulerParam = reader.Object("scheduler_param"),
            AlgorithmParam = algorithmParam,
            ExtraMetrics = reader.Texts("extra_metrics"),
            Goals = goals,
            HeadStart = headStart,
            Placement = PlacementConfig.Read(reader),
            Extras = ExperimentExtras.Read(reader),
        };
        reader.Done();
        reader.Add(AlgorithmRules.FaultsOf(config, space));
        return config;
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("algorithm", Algorithm);
        writer.WriteString("metric", Metric);
        writer.WriteString("mode", SearchGoals.NameOf(Mode));
        writer.WriteString("scheduler", Scheduler);
        writer.WriteNumber("num_trials", NumTrials);
        writer.WriteNumber("max_concurrent", MaxConcurrent);
        writer.WriteString("log_dir", LogDir);
        writer.WriteNumber("verbose", Verbose);
        writer.WriteNumbers("stop", Stop);
        writer.WriteNumbers("resource", Resource);
        writer.WriteObject("scheduler_param", SchedulerParam, orEmpty: true);
        writer.WriteObject("algorithm_param", AlgorithmParam, orEmpty: true);
        if (ExtraMetrics is { } extra)
        {
            writer.WriteTexts("extra_metrics", extra);
        }

        Goals.Write(writer);
        HeadStart.Write(writer);
        Placement.Write(writer);
        Extras.Write(writer);
        writer.WriteEndObject();
    }

    private static string? ReadScheduler(DocumentReader reader) => reader.FindOrNull("scheduler") switch
    {
        { ValueKind: JsonValueKind.Null } => "none",
        { } => reader.Text("scheduler") is { } name ? name == "None" ? "none" : name : null,
        null => null,
    };

    private static int ReadVerbose(DocumentReader reader) =>
        reader.Find("verbose") is { ValueKind: JsonValueKind.True or JsonValueKind.False } flag
            ? flag.ValueKind == JsonValueKind.True ? 1 : 0
            : (int?)reader.Integer("verbose", 0, 10) ?? 0;

    private static string? TrialsRule(DocumentReader reader) =>
        reader.Find("num_trials") is { ValueKind: JsonValueKind.Number } json && json.TryGetDouble(out double trials) && trials == -1
            ? "must be at least 1: one trial for each GPU (-1) is not supported, so give the number"
            : null;
}
