using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;

namespace HpoServerless.Contracts.Stores;

/// <summary>Records to store, and how they are compared: as JSON, because that is what stores keep.</summary>
public static class StoreExamples
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    public static DateTimeOffset At(int second) => Start.AddSeconds(second);

    public static ExperimentRecord Experiment(string id, int createdAt = 0, JsonElement? param = null) => new(
        id,
        new ExperimentDefinition
        {
            Project = "digits",
            Space = SearchSpace.Parse("""{"lr": {"method": "loguniform", "dimension": {"low": 0.0001, "high": 1}}, "act": {"method": "categorical", "dimension": {"categories": ["relu", [1, 2.0]]}}}"""),
            Metric = "loss",
            Mode = OptimizationMode.Min,
            Objectives = [new("loss", OptimizationMode.Min), new("speed", OptimizationMode.Max)],
            ReferencePoint = [1, -0.5],
            Constraints = ["memory"],
            InitialPoints = [Configuration.Of(("lr", ParameterValue.Of(1.0)))],
            WarmStart = new(["earlier"]) { Trials = [new(Configuration.Of(("lr", ParameterValue.Of(0.5))), [0.1, 2], [-1]) { Step = 3, Seconds = 1.5 }], Outside = 2 },
            NumTrials = 1000,
            MaxConcurrent = 8,
            Seed = ulong.MaxValue,
            Stop = ImmutableSortedDictionary<string, double>.Empty.Add("training_iteration", 9),
            Program = new TrialProgram { Scripts = "projects/digits.zip", Script = "train.py", Model = "train", Param = param },
        },
        Summary(0, createdAt));

    public static ExperimentSummary Summary(int turn, int createdAt = 0) => new()
    {
        Status = ExperimentStatus.Running,
        Turn = turn,
        CreatedAt = At(createdAt),
        UpdatedAt = At(createdAt + turn),
        Trials = new(Running: turn),
        Best = turn == 0 ? null : new(1, 0.1 + turn, Configuration.Of(("lr", ParameterValue.Of(0.1)))) { Violation = turn % 2 == 0 ? null : 0.5 },
        Front = turn == 0 ? null : new([1, turn + 1], [new(0.1, turn), new(-1, 1)]),
    };

    public static TrialReported Reported(int trial, long step, int segment = 0, double loss = 0.5) =>
        new(new SegmentId("any", trial, segment).ReportEventId(step), trial, segment, [Report(step, loss)]);

    public static SegmentEnded Ended(int trial, int segment = 0, string? error = null) => new(
        new SegmentId("any", trial, segment).EndEventId,
        trial,
        segment,
        new SegmentOutcome
        {
            Status = error is null ? SegmentStatus.Completed : SegmentStatus.Failed,
            Reports = [Report(9, double.NaN)],
            Error = error,
            Site = "local",
            StartedAt = At(1),
            EndedAt = At(2),
        });

    public static CommandGiven Command(string id) => new(id, ExperimentCommand.Pause, "Zoë \u2028 \"quoted\"\n");

    public static Report Report(long step, double loss) => new(step, new Metrics(new KeyValuePair<string, double>("loss", loss)), At((int)step));

    /// <summary>A trial with as many reports and notes as it has steps.</summary>
    public static Trial Trial(int number, int steps = 0, string? error = null) => new()
    {
        Number = number,
        Configuration = Configuration.Of(("lr", ParameterValue.Of(0.1 * number)), ("act", ParameterValue.Of("relu"))),
        Status = error is null ? TrialStatus.Running : TrialStatus.Failed,
        Reports = [.. Enumerable.Range(1, steps).Select(s => Report(s, 1.0 / s))],
        Value = steps == 0 ? null : 1.0 / steps,
        Until = 27,
        Error = error,
        StartedAt = At(number),
        Notes = [.. Enumerable.Range(0, steps + 1).Select(s => new TrialNote(s, At(s), DecisionAction.Continue, $"step {s} looks good"))],
    };

    /// <summary>The commit of a turn that folded these events and left these trials.</summary>
    public static TurnCommit Commit(int turn, IEnumerable<ExperimentEvent>? events = null, IEnumerable<Trial>? trials = null, string? state = null) => new(
        new Turn
        {
            Number = turn,
            At = At(turn),
            Events = [.. events ?? []],
            Decisions = [.. (trials ?? []).Select(t => new Decision(DecisionAction.Start, t.Number, "a slot is free") { Configuration = t.Configuration, Until = t.Until })],
            SearcherState = state,
        },
        [.. trials ?? []],
        Summary(turn));

    public static ExperimentSnapshot Snapshot(int turn, int trials) => new()
    {
        Summary = Summary(turn),
        Trials = [.. Enumerable.Range(1, trials).Select(n => Trial(n, n))],
        EndOrder = [.. Enumerable.Range(1, trials)],
        ReportOrder = [],
        SearcherState = $"state after {turn}",
        Downtime = TimeSpan.FromSeconds(turn),
    };

    /// <summary>Text that is long in every encoding and not a repetition.</summary>
    public static string LongText(int length) => string.Create(length, length, static (text, seed) =>
    {
        uint state = (uint)seed;
        for (int i = 0; i < text.Length; i++)
        {
            state = (state * 1664525) + 1013904223;
            text[i] = (char)(' ' + (state >> 24) % 95);
        }
    });

    public static string Json<T>(T value) => JsonSerializer.Serialize(value, EngineJson.Options);

    /// <summary>Fails unless both are written alike.</summary>
    public static void AssertSame<T>(T expected, T actual) => Assert.Equal(Json(expected), Json(actual));
}
