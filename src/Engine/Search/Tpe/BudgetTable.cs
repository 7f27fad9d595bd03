using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>What is known of each configuration at each budget: a budget is a step at which trials report.</summary>
/// <remarks>
/// Trials still running or paused count with what they reported so far. Where no trial reported at more than one step, there is one budget, to
/// which all observations belong. Extended while reports and observations merely continue those of the last call, else built anew:
/// O(1) for each new report.
/// </remarks>
internal sealed class BudgetTable
{
    private readonly SortedDictionary<long, Dictionary<int, double?>> _values = [];
    private readonly Dictionary<int, double[]> _units = [];
    private SearchHistory? _history;
    private ScheduledReports _reports = [];
    private int _arrived;

    /// <summary>Takes in what is new.</summary>
    public void Read(SearchContext context, SearchHistory history)
    {
        ScheduledReports? reports = context.Reports as ScheduledReports;
        if (!ReferenceEquals(_history, history) || reports is null || !_reports.IsContinuedBy(reports))
        {
            (_history, _reports, _arrived) = (history, [], 0);
            _values.Clear();
            _units.Clear();
        }

        for (int i = _reports.Count; i < context.Reports.Count; i++)
        {
            ScheduledReport report = context.Reports[i];
            Column(report.Step)[report.Trial] = report.Value;
        }

        _reports = reports ?? [];
        for (; _arrived < history.Arrived.Count; _arrived++)
        {
            EvaluatedPoint point = history.Arrived[_arrived];
            _units[point.Trial] = point.Unit;
        }

        foreach (PendingTrial pending in context.Pending)
        {
            if (!_units.ContainsKey(pending.Trial) && history.Axes.Encode(pending.Configuration) is { } unit)
            {
                _units[pending.Trial] = unit;
            }
        }
    }

    /// <summary>The rows of the largest budget that is fit for a model.</summary>
    /// <param name="isEnough">Whether a model can be made of so many rows with values.</param>
    /// <returns>Null if none is.</returns>
    public BudgetRows? Largest(Func<int, bool> isEnough)
    {
        if (_values.Count <= 1)
        {
            return Rows(null, _history!.ByTrial.Select(point => (point.Unit, point.Value, point.Trial)), isEnough);
        }

        int earlier = _history!.ByTrial.TakeWhile(point => point.Trial < 1).Count();
        return _values.Reverse().Where(pair => isEnough(pair.Value.Count + earlier))
            .Select(pair => Rows(pair.Key, RowsAt(pair.Key, pair.Value), isEnough)).FirstOrDefault(rows => rows is not null);
    }

    private static BudgetRows? Rows(long? step, IEnumerable<(double[] Unit, double? Value, int Trial)> rows, Func<int, bool> isEnough)
    {
        (double[] Unit, double? Value, int Trial)[] sorted = [.. rows.OrderBy(row => row.Value is null).ThenBy(row => row.Value).ThenBy(row => row.Trial)];
        return isEnough(sorted.Count(row => row.Value is not null)) ? new(step, [.. sorted.Select(row => row.Unit)]) : null;
    }

    /// <summary>What was reported at a step; of trials that did not report, those of earlier experiments that got that far, and those that failed.</summary>
    private IEnumerable<(double[] Unit, double? Value, int Trial)> RowsAt(long step, Dictionary<int, double?> column)
    {
        foreach ((int trial, double? value) in column)
        {
            if (_units.TryGetValue(trial, out double[]? unit))
            {
                yield return (unit, value, trial);
            }
        }

        foreach (EvaluatedPoint point in _history!.ByTrial)
        {
            if (!column.ContainsKey(point.Trial) && (point.Value is null || (point.Trial < 1 && point.Observation.Step == step)))
            {
                yield return (point.Unit, point.Value, point.Trial);
            }
        }
    }

    private Dictionary<int, double?> Column(long step)
    {
        if (!_values.TryGetValue(step, out Dictionary<int, double?>? column))
        {
            _values.Add(step, column = []);
        }

        return column;
    }
}

/// <summary>The results of one budget.</summary>
/// <param name="Step">The budget; null where there is only one.</param>
/// <param name="Units">Points, best first, failed ones last; shape [n][d].</param>
internal sealed record BudgetRows(long? Step, double[][] Units)
{
    /// <summary>How a reason names it.</summary>
    public string Name => Step is { } step ? $"model of {Units.Length} results at step {step}" : $"model of {Units.Length} results";
}
