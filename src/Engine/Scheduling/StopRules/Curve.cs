namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>What one trial reported so far, minimised. Values that are missing or not finite are infinite, and are left out of the mean.</summary>
internal sealed class Curve
{
    private readonly List<CurvePoint> _points = [];
    private int _finite;

    /// <summary>Reports by ascending step.</summary>
    public IReadOnlyList<CurvePoint> Points => _points;

    /// <summary>Adds a report; steps grow.</summary>
    public CurvePoint Add(long step, double? value)
    {
        (double best, double mean) = _points is [.., var last] ? (last.Best, last.Mean) : (double.PositiveInfinity, double.PositiveInfinity);
        if (value is { } known)
        {
            _finite++;
            mean = _finite == 1 ? known : (mean * (_finite - 1) / _finite) + (known / _finite);
            best = Math.Min(best, known);
        }

        CurvePoint point = new(step, value ?? double.PositiveInfinity, best, mean);
        _points.Add(point);
        return point;
    }

    /// <summary>The last report at or before a step; null where there is none.</summary>
    public CurvePoint? At(long step)
    {
        int low = 0;
        int high = _points.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _points[middle].Step <= step ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? null : _points[low - 1];
    }
}

/// <summary>A report and what came before it.</summary>
/// <param name="Step">How far the trial was.</param>
/// <param name="Value">Its value there; infinite for none.</param>
/// <param name="Best">Its smallest value up to there; infinite where it had none.</param>
/// <param name="Mean">Mean of its values up to there; infinite where it had none.</param>
internal readonly record struct CurvePoint(long Step, double Value, double Best, double Mean);
