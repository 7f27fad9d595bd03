using System.Collections.Immutable;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>Which trials reached which rung, and how they stood there. A function of the reports in their order; kept only to save the time of computing it again.</summary>
/// <param name="milestonesOf">Rungs of a trial, ascending, by seed and trial number.</param>
/// <param name="create">Makes a rung that nobody reached yet: says how trials are compared.</param>
internal sealed class RungTable(Func<ulong, int, ImmutableArray<long>> milestonesOf, Func<IRung> create)
{
    private readonly Dictionary<(long Rung, int Trial), int> _arrivals = [];
    private readonly Dictionary<long, (IRung Rung, int Count)> _rungs = [];
    private AppendOnlyList<ScheduledReport> _seen = [];

    /// <summary>Takes in the reports that were not seen before; starts anew where these are other reports.</summary>
    public void Update(ulong seed, AppendOnlyList<ScheduledReport> reports)
    {
        if (!_seen.IsContinuedBy(reports))
        {
            _arrivals.Clear();
            _rungs.Clear();
            _seen = [];
        }

        for (int i = _seen.Count; i < reports.Count; i++)
        {
            Add(seed, reports[i]);
        }

        _seen = reports;
    }

    /// <summary>How a trial stood when it reached a rung; null where it did not reach it.</summary>
    public RungVerdict? Judge(long rung, int trial, ReportedSign sign) =>
        _arrivals.TryGetValue((rung, trial), out int arrival) ? _rungs[rung].Rung.Judge(arrival, sign) : null;

    private void Add(ulong seed, ScheduledReport report)
    {
        long milestone = 0;
        foreach (long candidate in milestonesOf(seed, report.Trial))
        {
            milestone = candidate <= report.Step ? candidate : milestone;
        }

        if (milestone == 0)
        {
            return;
        }

        (IRung rung, int count) = _rungs.TryGetValue(milestone, out (IRung Rung, int Count) known) ? known : (create(), 0);
        if (_arrivals.TryAdd((milestone, report.Trial), count))
        {
            rung.Add(report);
            _rungs[milestone] = (rung, count + 1);
        }
    }
}
