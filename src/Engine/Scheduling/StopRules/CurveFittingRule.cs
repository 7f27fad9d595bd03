using System.Globalization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Scheduling.Curves;

namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>Stops a trial whose curve, continued to the last step, hardly beats the best finished trial.</summary>
/// <remarks>
/// See <see cref="CurveEnsemble"/>. Looks from step 5 on, once a trial has finished. Cost: about a hundred fits in closed form a look, whatever the length of the curve.
/// </remarks>
/// <param name="maxIters">Last step of a trial; 0 for that of the longest finished one.</param>
/// <param name="threshold">In (0, 1): stops where the probability of ending above the best is at least this.</param>
internal sealed class CurveFittingRule(long maxIters, double threshold) : IStopRule
{
    private const int FewestPoints = 5;

    private readonly Dictionary<long, ShapeTable> _shapes = [];
    private SchedulerContext? _context;
    private (double? Best, long Longest) _finished;

    public static CurveFittingRule Read(OptionReader options)
    {
        const string positive = "must be a whole number from 2 to 1000000000, or 0 for the steps of the longest finished trial";
        long maxIters = options.Integer("curve_fitting_max_iters", 0, v => v is 0 or (>= 2 and <= 1_000_000_000), positive);
        long maxT = options.Integer("max_t", 0, v => v is 0 or (>= 2 and <= 1_000_000_000), positive);
        if (maxIters != 0 && maxT != 0 && maxIters != maxT)
        {
            options.Fault("max_t", maxT.ToString(CultureInfo.InvariantCulture), $"must be the same as curve_fitting_max_iters, which is {maxIters}");
        }

        double threshold = options.Number("curve_fitting_threshold", 0.95, v => v is > 0 and < 1, "must be above 0 and below 1");
        options.Number("curve_fitting_timeout", 60, v => v > 0, "must be above 0; has no effect, because the work of a fit is bounded");
        return new(Math.Max(maxIters, maxT), threshold);
    }

    public double Standing(CurvePoint point) => point.Best;

    public StopVerdict Judge(CurveTable curves, AwaitingTrial trial, ReportedSign sign, SchedulerContext context)
    {
        if (!ReferenceEquals(context, _context))
        {
            (_context, _finished) = (context, Finished(curves, context));
        }

        if (_finished.Best is not { } best)
        {
            return new(false, $"step {trial.Step}: no trial has finished yet");
        }

        long last = maxIters == 0 ? _finished.Longest : maxIters;
        (long Step, double Value)[] points = [.. curves.CurveOf(trial.Trial)!.Points.Where(point => double.IsFinite(point.Value)).Select(point => (point.Step, point.Value))];
        if (points.Length < FewestPoints || trial.Step >= last)
        {
            return new(false, $"step {trial.Step}: {(trial.Step >= last ? $"ran to the last step {last}" : $"fewer than {FewestPoints} values to fit curves to")}");
        }

        ShapeTable shapes = _shapes.TryGetValue(last, out ShapeTable? known) ? known : _shapes[last] = CurveFamilies.Until(last);
        CurveEnsemble ensemble = CurveEnsemble.Fit(points, shapes);
        double probability = ensemble.Below(best);
        return new(
            probability < 1 - threshold,
            FormattableString.Invariant($"step {trial.Step}: expected to end with {sign.Text(ensemble.Mean)} at step {last}, and to beat the best finished value {sign.Text(best)} with probability {probability:0.###}; below {1 - threshold:0.###} it stops"));
    }

    /// <summary>Best last value of the finished trials, and how far the longest of them ran.</summary>
    private static (double? Best, long Longest) Finished(CurveTable curves, SchedulerContext context)
    {
        double best = double.PositiveInfinity;
        long longest = 0;
        for (int trial = 1; trial < context.NextTrial; trial++)
        {
            if (context.Trials.StatusOf(trial) == TrialStatus.Completed && curves.CurveOf(trial) is { } curve)
            {
                best = Math.Min(best, curve.Points[^1].Value);
                longest = Math.Max(longest, curve.Points[^1].Step);
            }
        }

        return (double.IsFinite(best) ? best : null, longest);
    }
}
