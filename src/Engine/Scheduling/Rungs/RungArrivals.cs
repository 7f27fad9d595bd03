using System.Collections.Immutable;

namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>By which of its reports a trial is judged at which rung, where not every report has the metric.</summary>
/// <remarks>
/// The first report at or after a rung that has the metric decides. Where that value is not finite, the latest finite one since the rung before counts instead:
/// one bad value condemns nobody, and a trial that stays without finite values is found out by the second rung at the latest.
/// </remarks>
/// <param name="milestonesOf">Rungs of a trial, ascending, by seed and trial number.</param>
/// <param name="isFinite">Whether a report has all the finite values that trials are compared by.</param>
internal sealed class RungArrivals(Func<ulong, int, ImmutableArray<long>> milestonesOf, Func<ScheduledReport, bool> isFinite)
{
    private readonly Dictionary<int, long> _rungs = [];
    private readonly Dictionary<int, ScheduledReport> _finite = [];

    /// <summary>Forgets all reports.</summary>
    public void Clear()
    {
        _rungs.Clear();
        _finite.Clear();
    }

    /// <summary>Takes in the next report of a trial.</summary>
    /// <returns>The rung that the trial can be judged at now, and by what; null where there is none that is new.</returns>
    public (long Rung, ScheduledReport By)? Take(ulong seed, ScheduledReport report)
    {
        bool finite = isFinite(report);
        if (finite)
        {
            _finite[report.Trial] = report;
        }

        (long before, long rung) = RungsAt(milestonesOf(seed, report.Trial), report.Step);
        if (rung == 0 || (!finite && report.Lacks) || _rungs.GetValueOrDefault(report.Trial) >= rung)
        {
            return null;
        }

        _rungs[report.Trial] = rung;
        return (rung, _finite.TryGetValue(report.Trial, out ScheduledReport latest) && latest.Step > before ? latest : report);
    }

    /// <summary>The highest rung of a trial at or below a step; 0 for none.</summary>
    public long RungAt(ulong seed, int trial, long step) => RungsAt(milestonesOf(seed, trial), step).Rung;

    private static (long Before, long Rung) RungsAt(ImmutableArray<long> milestones, long step)
    {
        (long before, long rung) = (0, 0);
        foreach (long milestone in milestones)
        {
            (before, rung) = milestone <= step ? (rung, milestone) : (before, rung);
        }

        return (before, rung);
    }
}
