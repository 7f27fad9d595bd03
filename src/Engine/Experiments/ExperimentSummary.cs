using System.Text.Json.Serialization;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Experiments;

/// <summary>An experiment at a glance. Committed with every turn.</summary>
public sealed record ExperimentSummary
{
    /// <summary>Where it stands.</summary>
    public required ExperimentStatus Status { get; init; }

    /// <summary>Last committed turn; 0 before the first.</summary>
    public int Turn { get; init; }

    /// <summary>Why it ended or is ending; null while it simply runs.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its last turn was committed.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Trials by state.</summary>
    public TrialCounts Trials { get; init; } = new();

    /// <summary>Steps that its trials went in all, each counted once however often it was run.</summary>
    public long Steps { get; init; }

    /// <summary>Steps of the trial that went furthest.</summary>
    public long MostSteps { get; init; }

    /// <summary>How often trials saved their state.</summary>
    public int Checkpoints { get; init; }

    /// <summary>How its trials that had gone some steps already began again.</summary>
    public ResumeCounts Resumes { get; init; } = new();

    /// <summary>What its ended segments cost.</summary>
    public double Cost { get; init; }

    /// <summary>The best trial so far; null where no trial has a value.</summary>
    public BestTrial? Best { get; init; }

    /// <summary>The Pareto front so far; null where there is a single objective, or nothing was completed.</summary>
    public FrontSummary? Front { get; init; }

    /// <summary>Whether nothing more will happen to it.</summary>
    [JsonIgnore]
    public bool IsFinal => Status is ExperimentStatus.Succeeded or ExperimentStatus.Failed or ExperimentStatus.Stopped;
}

/// <summary>Number of trials by state.</summary>
/// <param name="Running">Started and not ended.</param>
/// <param name="Paused">Waiting at a checkpoint.</param>
/// <param name="Completed">Ended with a value.</param>
/// <param name="Failed">Ended without a usable value.</param>
/// <param name="Stopped">Ended early.</param>
public sealed record TrialCounts(int Running = 0, int Paused = 0, int Completed = 0, int Failed = 0, int Stopped = 0)
{
    /// <summary>Trials created so far.</summary>
    public int Total => Running + Paused + Completed + Failed + Stopped;

    /// <summary>Trials to which nothing more will happen.</summary>
    [JsonIgnore]
    public int Ended => Completed + Failed + Stopped;

    /// <summary>The counts after some trials moved from or to a state.</summary>
    internal TrialCounts Changed(TrialStatus status, int by) => status switch
    {
        TrialStatus.Running => this with { Running = Running + by },
        TrialStatus.Paused => this with { Paused = Paused + by },
        TrialStatus.Completed => this with { Completed = Completed + by },
        TrialStatus.Failed => this with { Failed = Failed + by },
        _ => this with { Stopped = Stopped + by },
    };
}

/// <summary>How trials that had gone some steps already began again.</summary>
/// <param name="Total">How often they did.</param>
/// <param name="FromStart">How often that was at the very start.</param>
/// <param name="StepsAgain">Steps that lay behind them there and had to be gone again.</param>
public sealed record ResumeCounts(int Total = 0, int FromStart = 0, long StepsAgain = 0);

/// <summary>The best trial.</summary>
/// <param name="Trial">Its number.</param>
/// <param name="Value">Its value, as reported.</param>
/// <param name="Config">Its configuration.</param>
public sealed record BestTrial(int Trial, double Value, Configuration Config)
{
    /// <summary>By how much it exceeds the constraints in sum, where no completed trial meets them all; null where it does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Violation { get; init; }
}
