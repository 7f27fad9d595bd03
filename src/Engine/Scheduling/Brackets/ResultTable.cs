using HpoServerless.Engine.Scheduling.MultiObjective;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>The latest report of each trial, and the best value at each step. A function of the reports; kept only to save the time of computing it again.</summary>
internal sealed class ResultTable
{
    private readonly Dictionary<int, ScheduledReport> _latest = [];
    private readonly Dictionary<long, (double Value, int Trial)> _best = [];
    private ScheduledReports _seen = [];

    /// <summary>Takes in the reports that were not seen before; starts anew where these are other reports.</summary>
    public void Update(ScheduledReports reports)
    {
        if (!_seen.IsContinuedBy(reports))
        {
            _latest.Clear();
            _best.Clear();
            _seen = [];
        }

        for (int i = _seen.Count; i < reports.Count; i++)
        {
            ScheduledReport report = reports[i];
            _latest[report.Trial] = report;
            if (report.Value is { } value && (!_best.TryGetValue(report.Step, out (double Value, int Trial) best) || (value, report.Trial).CompareTo(best) < 0))
            {
                _best[report.Step] = (value, report.Trial);
            }
        }

        _seen = reports;
    }

    /// <summary>Minimised value of a trial's latest report; null where there is none or it was missing or not finite.</summary>
    public double? ValueOf(int trial) => _latest.TryGetValue(trial, out ScheduledReport report) ? report.Value : null;

    /// <summary>The best that was reported at a step, of equal ones the lower trial; null for none.</summary>
    public (double Value, int Trial)? BestAt(long step) => _best.TryGetValue(step, out (double Value, int Trial) best) ? best : null;

    /// <summary>Trials from the best to the worst by their latest report.</summary>
    /// <remarks>
    /// Values that are missing or not finite are worse than any other; of equals the lower number comes first. Several metrics count as in
    /// <see cref="ParetoOrder"/>.
    /// </remarks>
    public int[] Ranked(IEnumerable<int> trials, int objectives)
    {
        int[] ascending = [.. trials.Order()];
        return objectives < 2
            ? [.. ascending.OrderBy(trial => ValueOf(trial) ?? double.PositiveInfinity)]
            : [.. ParetoOrder.BestFirst([.. ascending.Select(trial => _latest.GetValueOrDefault(trial).Objectives)]).Select(i => ascending[i])];
    }
}
