using System.Collections.Immutable;
using HpoServerless.Engine.Collections;

namespace HpoServerless.Engine.Scheduling;

/// <summary>Which trials reached which rung with which value. A function of the reports in their order; kept only to save the time of computing it again.</summary>
/// <param name="milestonesOf">Rungs of a trial, ascending, by seed and trial number.</param>
/// <param name="quantile">Share of the earlier trials at a rung that is good enough, in (0, 1).</param>
internal sealed class RungTable(Func<ulong, int, ImmutableArray<long>> milestonesOf, double quantile)
{
    private readonly Dictionary<(long Rung, int Trial), Standing> _standings = [];
    private readonly Dictionary<long, List<double>> _sorted = [];
    private AppendOnlyList<ScheduledReport> _seen = [];

    /// <summary>Takes in the reports that were not seen before; starts anew where these are other reports.</summary>
    public void Update(ulong seed, AppendOnlyList<ScheduledReport> reports)
    {
        if (!_seen.IsContinuedBy(reports))
        {
            _standings.Clear();
            _sorted.Clear();
            _seen = [];
        }

        for (int i = _seen.Count; i < reports.Count; i++)
        {
            Add(seed, reports[i]);
        }

        _seen = reports;
    }

    /// <summary>How a trial stood when it reached a rung; null where it did not reach it.</summary>
    public Standing? Standing(long rung, int trial) => _standings.TryGetValue((rung, trial), out Standing standing) ? standing : null;

    private void Add(ulong seed, ScheduledReport report)
    {
        long rung = 0;
        foreach (long milestone in milestonesOf(seed, report.Trial))
        {
            rung = milestone <= report.Step ? milestone : rung;
        }

        if (rung == 0 || _standings.ContainsKey((rung, report.Trial)))
        {
            return;
        }

        List<double> sorted = _sorted.TryGetValue(rung, out List<double>? known) ? known : _sorted[rung] = [];
        double value = report.Value ?? double.PositiveInfinity;
        _standings[(rung, report.Trial)] = new(value, sorted.Count == 0 ? null : CutOff(sorted), sorted.Count);
        if (double.IsFinite(value))
        {
            int at = sorted.BinarySearch(value);
            sorted.Insert(at < 0 ? ~at : at, value);
        }
    }

    private double CutOff(List<double> sorted)
    {
        double position = quantile * (sorted.Count - 1);
        int below = (int)position;
        double fraction = position - below;
        return fraction == 0 ? sorted[below] : sorted[below] + (fraction * (sorted[below + 1] - sorted[below]));
    }
}

/// <summary>A trial at a rung.</summary>
/// <param name="Value">Its minimised value; infinite where it was missing or not finite.</param>
/// <param name="CutOff">What it had to reach; null for the first at the rung.</param>
/// <param name="Earlier">How many trials had reached the rung before, with a finite value.</param>
internal readonly record struct Standing(double Value, double? CutOff, int Earlier);
