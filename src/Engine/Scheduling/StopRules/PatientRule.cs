using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>Stops a trial only if another rule would and it has not improved for some reports: a poor start is forgiven while it gets better.</summary>
/// <param name="wrapped">The other rule.</param>
/// <param name="patience">Reports without improvement that are borne.</param>
/// <param name="minDelta">What counts as an improvement.</param>
internal sealed class PatientRule(IStopRule wrapped, long patience, double minDelta) : IStopRule
{
    public static PatientRule Read(OptionReader options)
    {
        long patience = options.Integer("patience", 3, v => v is >= 1 and <= 1_000_000, "must be a whole number from 1 to 1000000");
        double minDelta = options.Number("min_delta", 0, v => v >= 0, "must be at least 0");
        IStopRule wrapped = options.Choice("wrapped", "median", "median", "percentile", "bandit", "truncation", "threshold", "curve_fitting") switch
        {
            "percentile" => PercentileRule.Read(options),
            "bandit" => BanditRule.Read(options),
            "truncation" => TruncationRule.Read(options),
            "threshold" => ThresholdRule.Read(options),
            "curve_fitting" => CurveFittingRule.Read(options),
            _ => MedianRule.Read(options),
        };
        return new(wrapped, patience, minDelta);
    }

    public double Standing(CurvePoint point) => wrapped.Standing(point);

    public StopVerdict Judge(CurveTable curves, AwaitingTrial trial, ReportedSign sign, SchedulerContext context)
    {
        StopVerdict verdict = wrapped.Judge(curves, trial, sign, context);
        if (!verdict.Stops || curves.CurveOf(trial.Trial) is not { } curve)
        {
            return verdict;
        }

        if (curve.Points.Count <= patience)
        {
            return new(false, $"{verdict.Compared}; but fewer than {patience + 1} reports");
        }

        double before = curve.Points[(int)(curve.Points.Count - 1 - patience)].Best;
        double now = curve.Points[^1].Best;
        return now < before - minDelta
            ? new(false, $"{verdict.Compared}; but improved from {sign.Text(before)} to {sign.Text(now)} in the last {patience} reports")
            : new(true, $"{verdict.Compared}; no improvement in the last {patience} reports");
    }
}
