using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>Stops a trial that reports a value outside bounds, or none.</summary>
/// <param name="lower">Smallest value as reported.</param>
/// <param name="upper">Largest value as reported.</param>
internal sealed class ThresholdRule(double lower, double upper) : IStopRule
{
    public static ThresholdRule Read(OptionReader options)
    {
        double lower = options.Number("lower", double.MinValue, double.IsFinite, "must be a number");
        double upper = options.Number("upper", double.MaxValue, double.IsFinite, "must be a number");
        if (lower > upper)
        {
            options.Fault("lower", lower.ToString("R"), $"must be at most upper, which is {upper:R}");
        }

        return new(lower, upper);
    }

    public double Standing(CurvePoint point) => point.Value;

    public StopVerdict Judge(CurveTable curves, AwaitingTrial trial, ReportedSign sign, SchedulerContext context) =>
        trial.Value is not { } value ? new(true, $"step {trial.Step}: reported no value")
        : sign.Of(value) < lower ? new(true, $"step {trial.Step}: value {sign.Text(value)} is below {lower:G6}")
        : sign.Of(value) > upper ? new(true, $"step {trial.Step}: value {sign.Text(value)} is above {upper:G6}")
        : new(false, $"step {trial.Step}: value {sign.Text(value)} is within its bounds");
}
