using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>Stops a trial whose mean so far is worse than the median of the others' means at the same step.</summary>
/// <remarks>
/// Values that are missing or not finite are left out of the mean; a trial that has no other is worse than any that has.
/// Source: D. Golovin et al., "Google Vizier: a service for black-box optimization", KDD 2017, section 3.2.2, with means as performance.
/// </remarks>
/// <param name="minTrials">Others that must have got as far.</param>
internal sealed class MedianRule(long minTrials) : IStopRule
{
    public static MedianRule Read(OptionReader options) => new(ReadMinTrials(options));

    /// <summary>Reads how many others a comparison needs.</summary>
    public static long ReadMinTrials(OptionReader options) =>
        options.Integer("min_trials", 5, v => v is >= 1 and <= 1_000_000, "must be a whole number from 1 to 1000000");

    public double Standing(CurvePoint point) => point.Mean;

    public StopVerdict Judge(CurveTable curves, AwaitingTrial trial, ReportedSign sign, SchedulerContext context)
    {
        if (curves.FieldAt(trial.Trial, trial.Step) is not { } field || field.Others < minTrials)
        {
            return StopVerdict.TooFew(trial, minTrials);
        }

        double median = field.QuantileOfOthers(0.5);
        return new(field.Own > median, $"step {trial.Step}: mean so far {sign.Text(field.Own)}, median {sign.Text(median)} of {field.Others} others");
    }
}
