namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>Says whether a trial is worth going on with.</summary>
internal interface IStopRule
{
    /// <summary>What trials are compared by at a step; smaller is better.</summary>
    double Standing(CurvePoint point);

    /// <summary>Judges a trial at a step.</summary>
    /// <param name="curves">Curves of all trials, compared by <see cref="Standing"/>.</param>
    /// <param name="trial">The trial, at the step that it asks at.</param>
    /// <param name="sign">How people know the values.</param>
    /// <param name="context">All that is known.</param>
    StopVerdict Judge(CurveTable curves, AwaitingTrial trial, ReportedSign sign, SchedulerContext context);
}

/// <summary>What a rule says.</summary>
/// <param name="Stops">Whether the trial should end.</param>
/// <param name="Compared">What was compared with what, for people.</param>
internal readonly record struct StopVerdict(bool Stops, string Compared)
{
    /// <summary>The verdict where there is nobody to compare with.</summary>
    public static StopVerdict TooFew(AwaitingTrial trial, long needed) => new(false, $"step {trial.Step}: fewer than {needed} others got as far");
}
