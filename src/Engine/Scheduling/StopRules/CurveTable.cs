
namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>The curves of all trials, and how each trial stood among the others at each step. One that had no value up to there stands worst.</summary>
/// <remarks>A function of the reports, kept between calls only to save the time of reading them again: O(log n) comparisons a report.</remarks>
/// <param name="standing">What trials are compared by.</param>
internal sealed class CurveTable(Func<CurvePoint, double> standing)
{
    private readonly Dictionary<int, Curve> _curves = [];
    private readonly Dictionary<long, List<double>> _sorted = [];
    private ScheduledReports _seen = [];

    /// <summary>Takes in the reports that were not seen before; starts anew where these are other reports.</summary>
    public void Update(ScheduledReports reports)
    {
        if (!_seen.IsContinuedBy(reports))
        {
            _curves.Clear();
            _sorted.Clear();
            _seen = [];
        }

        for (int i = _seen.Count; i < reports.Count; i++)
        {
            Add(reports[i]);
        }

        _seen = reports;
    }

    /// <summary>The curve of a trial; null before its first report.</summary>
    public Curve? CurveOf(int trial) => _curves.GetValueOrDefault(trial);

    /// <summary>How a trial stood at a step, among the others that reported there.</summary>
    /// <returns>Null where it did not report exactly there.</returns>
    public Field? FieldAt(int trial, long step) =>
        CurveOf(trial)?.At(step) is { } point && point.Step == step ? new(standing(point), _sorted[step]) : null;

    private void Add(ScheduledReport report)
    {
        if (!_curves.TryGetValue(report.Trial, out Curve? curve))
        {
            _curves[report.Trial] = curve = new();
        }

        List<double> sorted = _sorted.TryGetValue(report.Step, out List<double>? known) ? known : _sorted[report.Step] = [];
        double stands = standing(curve.Add(report.Step, report.Value));
        int at = sorted.BinarySearch(stands);
        sorted.Insert(at < 0 ? ~at : at, stands);
    }
}
