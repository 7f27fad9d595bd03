using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling.StopRules;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>What each trial won in each interval between two comparisons, and with which configuration. A function of reports and trials.</summary>
internal static class IntervalTable
{
    /// <summary>The intervals that ended at or before a step, those of the largest steps.</summary>
    /// <param name="context">All that is known.</param>
    /// <param name="curves">The reports.</param>
    /// <param name="options">Length of the intervals.</param>
    /// <param name="most">How many at most.</param>
    /// <returns>By ascending step, then trial.</returns>
    /// <remarks>The first interval begins with the first report. After an exploit the value to begin with is that of the other trial at the step that was gone on from.</remarks>
    public static IntervalResult[] Of(SchedulerContext context, CurveTable curves, PopulationOptions options, int most)
    {
        List<IntervalResult> results = [];
        for (int trial = 1; trial < context.NextTrial; trial++)
        {
            if (curves.CurveOf(trial) is { } curve)
            {
                results.AddRange(OfTrial(trial, curve, context, curves, options));
            }
        }

        return [.. results.OrderBy(result => result.Step).ThenBy(result => result.Trial).TakeLast(most)];
    }

    private static IEnumerable<IntervalResult> OfTrial(int trial, Curve curve, SchedulerContext context, CurveTable curves, PopulationOptions options)
    {
        long last = curve.Points[^1].Step;
        for (long from = 0; from < last; from = options.NextAsk(from))
        {
            long to = options.NextAsk(from);
            if (IsSkipped(trial, from, context))
            {
                continue;
            }

            if (to <= from || curve.At(to) is not { } end || end.Step <= from || (end.Step < to && to <= last))
            {
                yield break;
            }

            if (to > last || Begin(trial, from, curve, context, curves) is not { } begin || begin.Step >= end.Step)
            {
                continue;
            }

            double gain = (begin.Value - end.Value) / (end.Step - begin.Step);
            if (double.IsFinite(gain))
            {
                yield return new(trial, end.Step, begin.Value, gain, ConfigurationAt(trial, end.Step, context));
            }
        }
    }

    private static CurvePoint? Begin(int trial, long from, Curve curve, SchedulerContext context, CurveTable curves)
    {
        if (from == 0)
        {
            return curve.Points[0];
        }

        TrialOrigin? origin = context.Trials.OriginsOf(trial).LastOrDefault(candidate => candidate.At == from);
        CurvePoint? begin = (origin is null ? curve : curves.CurveOf(origin.From))?.At(from);
        return begin is { } point ? point with { Step = from } : null;
    }

    /// <summary>Whether another trial went through the interval in its place.</summary>
    private static bool IsSkipped(int trial, long from, SchedulerContext context)
    {
        foreach (TrialOrigin origin in context.Trials.OriginsOf(trial))
        {
            if (origin.Step <= from && from < origin.At)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What a trial evaluated when it got to a step.</summary>
    private static Configuration ConfigurationAt(int trial, long step, SchedulerContext context)
    {
        foreach (TrialOrigin origin in context.Trials.OriginsOf(trial))
        {
            if (origin.Step >= step)
            {
                return origin.Before;
            }
        }

        return context.Trials.ConfigurationOf(trial);
    }
}

/// <summary>One trial between two comparisons.</summary>
/// <param name="Trial">Number.</param>
/// <param name="Step">Where the interval ended.</param>
/// <param name="Begin">Minimised value that it began with.</param>
/// <param name="Gain">By how much the value fell, a step.</param>
/// <param name="Configuration">What was evaluated.</param>
internal readonly record struct IntervalResult(int Trial, long Step, double Begin, double Gain, Configuration Configuration);
