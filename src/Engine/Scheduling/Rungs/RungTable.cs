using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>Which trials reached which rung, and how they stood there. A function of the reports in their order; kept only to save the time of computing it again.</summary>
/// <param name="arrivals">By what trials are judged.</param>
/// <param name="create">Makes a rung that nobody reached yet: says how trials are compared.</param>
internal sealed class RungTable(RungArrivals arrivals, Func<IRung> create)
{
    private readonly Dictionary<(long Rung, int Trial), int> _arrivals = [];
    private readonly Dictionary<long, (IRung Rung, int Count)> _rungs = [];
    private ScheduledReports _seen = [];

    /// <summary>Takes in the reports that were not seen before; starts anew where these are other reports.</summary>
    public void Update(ulong seed, ScheduledReports reports)
    {
        if (!_seen.IsContinuedBy(reports))
        {
            arrivals.Clear();
            _arrivals.Clear();
            _rungs.Clear();
            _seen = [];
        }

        for (int i = _seen.Count; i < reports.Count; i++)
        {
            if (arrivals.Take(seed, reports[i]) is { } arrival)
            {
                Add(arrival.Rung, arrival.By);
            }
        }

        _seen = reports;
    }

    /// <summary>The highest rung of a trial at or below a step; 0 for none.</summary>
    public long RungAt(ulong seed, int trial, long step) => arrivals.RungAt(seed, trial, step);

    /// <summary>How a trial stood when it could be judged at a rung; null where it could not yet.</summary>
    public RungVerdict? Judge(long rung, int trial, ReportedSign sign) =>
        _arrivals.TryGetValue((rung, trial), out int arrival) ? _rungs[rung].Rung.Judge(arrival, sign) : null;

    private void Add(long milestone, ScheduledReport report)
    {
        (IRung rung, int count) = _rungs.TryGetValue(milestone, out (IRung Rung, int Count) known) ? known : (create(), 0);
        _arrivals[(milestone, report.Trial)] = count;
        rung.Add(report);
        _rungs[milestone] = (rung, count + 1);
    }
}
