using System.Collections.Immutable;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Experiments;

/// <summary>One configuration under evaluation and all that is known about it.</summary>
public sealed record Trial
{
    /// <summary>Number in the experiment, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>What is evaluated.</summary>
    public required Configuration Configuration { get; init; }

    /// <summary>Where it stands.</summary>
    public TrialStatus Status { get; init; }

    /// <summary>Number of its latest segment, from 0.</summary>
    public int Segment { get; init; }

    /// <summary>Reports by ascending step.</summary>
    public ReportSeries Reports { get; init; } = [];

    /// <summary>Latest finite value of the metric, as reported; null where there is none.</summary>
    public double? Value { get; init; }

    /// <summary>Step at which it must ask how to go on; null means that it may run to its end.</summary>
    public long? Until { get; init; }

    /// <summary>What it is told if it takes a budget; null means <see cref="Until"/>.</summary>
    public double? Budget { get; init; }

    /// <summary>States that it can go on from, by ascending step.</summary>
    public ImmutableArray<Checkpoint> Checkpoints { get; init; } = [];

    /// <summary>Where it went on from other trials, oldest first.</summary>
    public ImmutableArray<TrialOrigin> Origins { get; init; } = [];

    /// <summary>With <see cref="Requested"/> exploit: what follows; null otherwise.</summary>
    public TrialExploit? Exploit { get; init; }

    /// <summary>What was decided and it has not done yet: pause, exploit, stop or complete; null for none of them.</summary>
    public DecisionAction? Requested { get; init; }

    /// <summary>Why it failed: type and message; null otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>Why it ended, or was told to stop; null while it simply runs.</summary>
    public string? Reason { get; init; }

    /// <summary>Where its latest segment runs or ran.</summary>
    public string? Site { get; init; }

    /// <summary>When the program of its latest segment began; null where that was not told: only costs that have a limit ask for it.</summary>
    public DateTimeOffset? BegunAt { get; init; }

    /// <summary>The step that its latest segment went on from.</summary>
    public long SegmentFrom { get; init; }

    /// <summary>Sites that lost it, one entry a loss.</summary>
    public ImmutableArray<string> LostAt { get; init; } = [];

    /// <summary>Whether its segment was lost, and the next one is to be started in the same turn.</summary>
    [JsonIgnore]
    public bool IsLost { get; init; }

    /// <summary>How often its segments were started in all: above the number of segments after infrastructure was lost.</summary>
    public int Attempts { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What was decided about it, oldest first.</summary>
    public ImmutableArray<TrialNote> Notes { get; init; } = [];

    /// <summary>Highest step that was reported; 0 before the first report.</summary>
    [JsonIgnore]
    public long LastStep => Reports.IsEmpty ? 0 : Reports.StepAt(Reports.Length - 1);

    /// <summary>The step that it goes on from: <see cref="LastStep"/>, or that of the other trial's checkpoint that it was given since.</summary>
    [JsonIgnore]
    public long Position => Origins is [.., var origin] ? Math.Max(LastStep, origin.At) : LastStep;

    /// <summary>Whether nothing more will happen to it.</summary>
    [JsonIgnore]
    public bool IsFinal => Status is TrialStatus.Completed or TrialStatus.Failed or TrialStatus.Stopped;

    /// <summary>Whether it reached the step at which it must be told how to go on, and was not told yet.</summary>
    [JsonIgnore]
    public bool IsAwaiting => Status == TrialStatus.Running && Requested is null && Until <= LastStep;

    /// <summary>What the trial is told when it asks at a step.</summary>
    /// <param name="segment">Segment that asks.</param>
    /// <param name="step">How far it is.</param>
    /// <returns>Null while that is not decided yet.</returns>
    public TrialDirective? DirectiveAt(int segment, long step) =>
        segment != Segment || Status != TrialStatus.Running ? new(DirectiveAction.Stop)
        : Requested is { } action ? new(action == DecisionAction.Pause ? DirectiveAction.Pause : DirectiveAction.Stop)
        : Until is null || Until > step ? new(DirectiveAction.Continue, Until, Budget)
        : null;

    /// <summary>The ended trial as the searcher sees it: minimised, without a value where it failed.</summary>
    internal Observation ToObservation(ExperimentDefinition definition)
    {
        bool isPlain = definition.Objectives.IsEmpty && definition.Constraints.IsEmpty;
        Measurement? measured = isPlain || Status == TrialStatus.Failed ? null : Measurement.LatestOf(this, definition);
        double? value = isPlain ? (Value is { } reported ? definition.Minimised(reported) : null) : measured?.Objectives[0];
        return new(Number, Configuration, Status == TrialStatus.Failed ? null : value)
        {
            Objectives = definition.Objectives.IsEmpty || measured is null ? default : measured.Objectives,
            Constraints = definition.Constraints.IsEmpty || measured is null ? default : measured.Constraints,
            IsPartial = Status == TrialStatus.Stopped,
            Step = LastStep,
            Seconds = EndedAt is { } ended ? Math.Max(0, (ended - StartedAt).TotalSeconds) : null,
        };
    }
}
