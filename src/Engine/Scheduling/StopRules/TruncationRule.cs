using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>Stops the worst share of the trials that got to a step, by their best values so far.</summary>
/// <param name="share">In (0, 1).</param>
internal sealed class TruncationRule(double share) : IStopRule
{
    public static TruncationRule Read(OptionReader options)
    {
        double share = options.Number("truncation_percentage", 0.3, v => v is > 0 and < 1, "must be above 0 and below 1 (0.3 for the worst 30 %)");
        return new(share);
    }

    public double Standing(CurvePoint point) => point.Best;

    public StopVerdict Judge(CurveTable curves, AwaitingTrial trial, ReportedSign sign, SchedulerContext context)
    {
        if (curves.FieldAt(trial.Trial, trial.Step) is not { Others: > 0 } field)
        {
            return StopVerdict.TooFew(trial, 1);
        }

        // Rank from the worst end; equal values share the best of their ranks.
        int rank = field.NotBetter;
        int all = field.Others + 1;
        return new(rank <= share * all, $"step {trial.Step}: best so far {sign.Text(field.Own)} is number {rank} from the worst of {all}; the worst {share:P0} stop");
    }
}
