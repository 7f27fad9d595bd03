namespace HpoServerless.Engine.Experiments;

/// <summary>How long a segment used its site.</summary>
internal static class SegmentTime
{
    /// <summary>Seconds of its last start, and of starts before that were lost, up to their last sign of life.</summary>
    /// <param name="trial">The trial with all its reports.</param>
    /// <param name="outcome">How its latest segment ended; it knows its last start alone, and none where the host was lost.</param>
    public static double SecondsOf(Trial trial, SegmentOutcome outcome) =>
        Math.Max(0, (outcome.EndedAt - outcome.StartedAt).TotalSeconds) + SecondsBefore(trial, outcome.StartedAt);

    /// <summary>From the first sign of life to the last one before a time: begin and reports are what is known of a start that nobody saw end.</summary>
    private static double SecondsBefore(Trial trial, DateTimeOffset until)
    {
        DateTimeOffset? first = trial.BegunAt < until ? trial.BegunAt : null;
        DateTimeOffset? last = first;
        for (int i = 0; i < trial.Reports.Length; i++)
        {
            DateTimeOffset at = trial.Reports.TimeAt(i);
            if (trial.Reports.StepAt(i) > trial.SegmentFrom && at < until)
            {
                first = first < at ? first : at;
                last = last > at ? last : at;
            }
        }

        return first is { } from && last is { } to ? (to - from).TotalSeconds : 0;
    }
}
