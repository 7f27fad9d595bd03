using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>Goes on with the trials whose best value so far is within a percentile of the others' best at the same step.</summary>
/// <remarks>The median rule's relative that keeps any share: percentile 25 keeps what is as good as the best quarter.</remarks>
/// <param name="percentile">In (0, 100); smaller stops more.</param>
/// <param name="minTrials">Others that must have got as far.</param>
internal sealed class PercentileRule(double percentile, long minTrials) : IStopRule
{
    public static PercentileRule Read(OptionReader options)
    {
        double percentile = options.Number("percentile", 25, v => v is > 0 and < 100, "must be above 0 and below 100");
        return new(percentile, MedianRule.ReadMinTrials(options));
    }

    public double Standing(CurvePoint point) => point.Best;

    public StopVerdict Judge(CurveTable curves, AwaitingTrial trial, ReportedSign sign, SchedulerContext context)
    {
        if (curves.FieldAt(trial.Trial, trial.Step) is not { } field || field.Others < minTrials)
        {
            return StopVerdict.TooFew(trial, minTrials);
        }

        double cutOff = field.QuantileOfOthers(percentile / 100);
        return new(field.Own > cutOff, $"step {trial.Step}: best so far {sign.Text(field.Own)}, percentile {percentile:0.##} {sign.Text(cutOff)} of {field.Others} others");
    }
}
