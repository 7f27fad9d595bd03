namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>The trials that reached one rung, in the order in which they did, and how they are compared.</summary>
internal interface IRung
{
    /// <summary>Takes in one more trial, as it was when it reached the rung.</summary>
    void Add(ScheduledReport report);

    /// <summary>How a trial stood among those that were there before it.</summary>
    /// <param name="arrival">Which trial: the first to arrive is 0.</param>
    /// <param name="sign">How people know the values.</param>
    RungVerdict Judge(int arrival, StopRules.ReportedSign sign);
}

/// <summary>What a rung says of a trial.</summary>
/// <param name="GoesOn">Whether it is good enough to go on.</param>
/// <param name="Compared">What was compared with what, for people.</param>
internal readonly record struct RungVerdict(bool GoesOn, string Compared);
