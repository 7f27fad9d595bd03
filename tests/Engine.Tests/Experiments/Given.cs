using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Experiments;

/// <summary>Experiments and events to test with.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static ExperimentDefinition Definition(int trials = 10, int concurrent = 3) => new()
    {
        Project = "sample",
        Space = SearchSpace.Parse("""{"x": {"method": "uniform", "dimension": {"low": -1, "high": 1}}}"""),
        Metric = "loss",
        Mode = OptimizationMode.Min,
        Scheduler = new("none"),
        NumTrials = trials,
        MaxConcurrent = concurrent,
        Seed = 7,
        Program = new() { Scripts = "scripts/none.zip", Script = "sample.py", Model = "sample" },
    };

    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement.Clone();

    public static Report Report(long step, params (string Name, double Value)[] metrics) =>
        new(step, new(metrics.Select(m => new KeyValuePair<string, double>(m.Name, m.Value))), Start);

    public static Report Loss(long step, double value) => Report(step, ("loss", value));

    public static TrialReported Reported(int trial, params Report[] reports) =>
        new(new SegmentId("e", trial, 0).ReportEventId(reports[^1].Step), trial, 0, [.. reports]);

    public static SegmentEnded Ended(int trial, SegmentStatus status, params Report[] reports) =>
        new(new SegmentId("e", trial, 0).EndEventId, trial, 0, new()
        {
            Status = status,
            Reports = [.. reports],
            Site = "local",
            Error = status == SegmentStatus.Failed ? "ValueError: no" : null,
            StartedAt = Start,
            EndedAt = Start,
        });

    public static SegmentEnded Completed(int trial, double loss) => Ended(trial, SegmentStatus.Completed, Loss(1, loss));

    public static CommandGiven Command(ExperimentCommand command) => new($"c-{command}", command, "a test");
}

/// <summary>Plays an experiment turn by turn and keeps its log.</summary>
internal sealed class Play
{
    private readonly List<Turn> _turns = [];

    public Play(ExperimentDefinition definition) => State = ExperimentState.Initial(definition, Given.Start);

    public ExperimentState State { get; private set; }

    public IReadOnlyList<Turn> Turns => _turns;

    public DateTimeOffset Now { get; set; } = Given.Start;

    public AdvanceResult Advance(params ImmutableArray<ExperimentEvent> events)
    {
        AdvanceResult result = ExperimentEngine.Advance(State, events, Now);
        State = result.State;
        if (result.Turn is { } turn)
        {
            _turns.Add(turn);
        }

        return result;
    }

    public IEnumerable<Decision> Decided(DecisionAction action) => _turns[^1].Decisions.Where(d => d.Action == action);
}
