namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>What one trial reported so far, minimised. Missing values are infinite.</summary>
internal sealed class Curve
{
    private readonly List<CurvePoint> _points = [];

    /// <summary>Reports by ascending step.</summary>
    public IReadOnlyList<CurvePoint> Points => _points;

    /// <summary>Adds a report; steps grow.</summary>
    public CurvePoint Add(long step, double? value)
    {
        double known = value ?? double.PositiveInfinity;
        CurvePoint point = _points.Count == 0
            ? new(step, known, known, known)
            : new(step, known, Math.Min(_points[^1].Best, known), (_points[^1].Mean * _points.Count / (_points.Count + 1)) + (known / (_points.Count + 1)));
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
/// <param name="Value">Its value there.</param>
/// <param name="Best">Its smallest value up to there.</param>
/// <param name="Mean">Mean of its values up to there.</param>
internal readonly record struct CurvePoint(long Step, double Value, double Best, double Mean);
