using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>Stops a trial whose best value so far misses the best of the others at the same step by more than a factor.</summary>
/// <remarks>
/// The factor makes the demand milder in either sign: a minimised best of b asks for b · factor where b is below 0 and for b · (2 − factor)
/// where it is above.
/// </remarks>
/// <param name="factor">In (0, 1]; 1 asks for the best itself.</param>
internal sealed class BanditRule(double factor) : IStopRule
{
    public static BanditRule Read(OptionReader options)
    {
        double factor = options.Number("bandit_factor", 0.5, v => v is > 0 and <= 1, "must be above 0 and at most 1");
        return new(factor);
    }

    public double Standing(CurvePoint point) => point.Best;

    public StopVerdict Judge(CurveTable curves, AwaitingTrial trial, ReportedSign sign, SchedulerContext context)
    {
        if (curves.FieldAt(trial.Trial, trial.Step) is not { Others: > 0 } field)
        {
            return StopVerdict.TooFew(trial, 1);
        }

        double best = field.BestOfOthers;
        double limit = best * (best < 0 ? factor : 2 - factor);
        return new(field.Own > limit, $"step {trial.Step}: best so far {sign.Text(field.Own)}, limit {sign.Text(limit)} from the best {sign.Text(best)} of {field.Others} others");
    }
}
