using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>A rung where one metric counts: good enough is what reaches a quantile of the earlier values. O(log n) comparisons a trial.</summary>
/// <param name="quantile">Share of the earlier trials that is good enough, in (0, 1).</param>
internal sealed class ValueRung(double quantile) : IRung
{
    private readonly List<(double Value, double? CutOff, int Earlier)> _standings = [];
    private readonly List<double> _sorted = [];

    public void Add(ScheduledReport report)
    {
        double value = report.Value ?? double.PositiveInfinity;
        _standings.Add((value, _sorted.Count == 0 ? null : CutOff(), _sorted.Count));
        if (double.IsFinite(value))
        {
            int at = _sorted.BinarySearch(value);
            _sorted.Insert(at < 0 ? ~at : at, value);
        }
    }

    public RungVerdict Judge(int arrival, ReportedSign sign)
    {
        (double value, double? cutOff, int earlier) = _standings[arrival];
        return new(
            double.IsFinite(value) && (cutOff is not { } limit || value <= limit),
            $"value {sign.Text(value)}, cut-off {(cutOff is { } c ? sign.Text(c) : "none")} from {earlier} earlier trials");
    }

    private double CutOff()
    {
        double position = quantile * (_sorted.Count - 1);
        int below = (int)position;
        double fraction = position - below;
        return fraction == 0 ? _sorted[below] : _sorted[below] + (fraction * (_sorted[below + 1] - _sorted[below]));
    }
}
