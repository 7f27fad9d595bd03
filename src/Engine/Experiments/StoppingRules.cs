namespace HpoServerless.Engine.Experiments;

/// <summary>When the experiment ends before its number of trials is used up. Null rules do not apply.</summary>
public sealed record StoppingRules
{
    /// <summary>Longest time from the experiment's creation on, not counting time during which the host was down.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Ends when its segments have cost this much, those that run included.</summary>
    public double? MaxCost { get; init; }

    /// <summary>Ends when the best value is at least as good as this one.</summary>
    public double? Target { get; init; }

    /// <summary>Ends when the best value stops improving.</summary>
    public PlateauRule? Plateau { get; init; }

    /// <summary>Ends, as failed, when too many trials fail.</summary>
    public FailureRule? Failures { get; init; } = new();
}

/// <summary>No improvement by more than a margin over a number of completed trials.</summary>
/// <param name="Trials">How many completed trials in a row; at least 1.</param>
/// <param name="MinDelta">What counts as an improvement, in units of the metric; at least 0.</param>
public sealed record PlateauRule(int Trials, double MinDelta = 0);

/// <summary>A share of failed trials among the ended ones that is too large.</summary>
/// <param name="Rate">Largest share that is accepted, in [0, 1). The default ends an experiment of which every trial fails.</param>
/// <param name="MinTrials">Trials that must have ended before the share is looked at; at least 1.</param>
public sealed record FailureRule(double Rate = 0.999, int MinTrials = 10);
