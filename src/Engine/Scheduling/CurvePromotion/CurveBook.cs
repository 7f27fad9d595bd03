
namespace HpoServerless.Engine.Scheduling.CurvePromotion;

/// <summary>The curves of all trials and what is predicted of them. A function of the reports in their order; kept only to save the time of computing it again.</summary>
/// <remarks>
/// Cost: O(shapes) a report. The model is fitted anew whenever there are 5 % more reports, to the 64 longest curves and 64 of the others, which stand for all of them:
/// so a fit costs the same however many trials there are. The scale of the values is settled when 128 trials have reported.
/// </remarks>
/// <param name="maxT">Last step of a curve.</param>
internal sealed class CurveBook(long maxT)
{
    private const int MostLong = 64;
    private const int MostOthers = 64;
    private const int SettledScale = 128;
    private const int ReportsAFit = 20;

    private readonly CurveShapes _shapes = new(maxT);
    private readonly double[] _values = new double[CurveShapes.Count];
    private readonly List<ObservedCurve?> _curves = [];
    private readonly List<int> _trials = [];
    private readonly SortedSet<(long Step, int Trial)> _longest = [];
    private readonly List<double> _firstValues = [];
    private readonly List<(int Trial, long Step, double Value)> _unsettled = [];
    private CurvePrior _prior = new();
    private ScheduledReports _seen = [];
    private ValueScale _scale = new(0, 1);
    private bool _isSettled;
    private int _model;
    private int _nextFit = 2;

    /// <summary>Steps that all trials together have run.</summary>
    public long Steps { get; private set; }

    /// <summary>Trials that reached the last step with a value there, in that order.</summary>
    public List<int> Finished { get; } = [];

    /// <summary>Takes in the reports that were not seen before; starts anew where these are other reports.</summary>
    public void Update(ScheduledReports reports)
    {
        if (!_seen.IsContinuedBy(reports))
        {
            Clear();
        }

        for (int i = _seen.Count; i < reports.Count; i++)
        {
            Add(reports[i]);
            if (i + 1 >= _nextFit)
            {
                Fit();
                _nextFit = i + 1 + Math.Max(1, (i + 1) / ReportsAFit);
            }
        }

        _seen = reports;
    }

    /// <summary>Highest step that a trial reported; 0 before its first report.</summary>
    public long LastStepOf(int trial) => Find(trial)?.LastStep ?? 0;

    /// <summary>Whether the latest report of a trial had a finite value.</summary>
    public bool HasValue(int trial) => Find(trial) is { HasValue: true };

    /// <summary>What is predicted of a trial; it must have a value.</summary>
    public Prediction Predict(int trial)
    {
        ObservedCurve curve = Find(trial)!;
        if (curve.PredictedFrom != (_model, curve.Count))
        {
            curve.Prediction = _prior.Predict(curve);
            curve.PredictedFrom = (_model, curve.Count);
        }

        return curve.Prediction;
    }

    /// <summary>A prediction as a value, minimised, and how far off it may be (one standard deviation).</summary>
    public (double Value, double Deviation) ToValue(Prediction prediction)
    {
        double value = _scale.FromScale(prediction.Mean);
        return (value, (_scale.FromScale(prediction.Mean + prediction.Deviation) - _scale.FromScale(prediction.Mean - prediction.Deviation)) / 2);
    }

    private ObservedCurve? Find(int trial) => trial <= _curves.Count ? _curves[trial - 1] : null;

    private void Clear()
    {
        _curves.Clear();
        _trials.Clear();
        _longest.Clear();
        _firstValues.Clear();
        _unsettled.Clear();
        Finished.Clear();
        _prior = new();
        (_scale, _isSettled, _model, _nextFit, Steps, _seen) = (new(0, 1), false, 0, 2, 0, []);
    }

    private void Add(ScheduledReport report)
    {
        while (_curves.Count < report.Trial)
        {
            _curves.Add(null);
        }

        ObservedCurve curve = _curves[report.Trial - 1] ??= new();
        if (report.Step >= maxT && curve.LastStep < maxT && report.Value is not null)
        {
            Finished.Add(report.Trial);
        }

        Steps += report.Step - curve.LastStep;
        Lengthen(report.Trial, curve, report.Step);
        curve.HasValue = report.Value is not null;
        if (report.Value is { } value)
        {
            Add(report.Trial, curve, report.Step, value);
        }
    }

    private void Add(int trial, ObservedCurve curve, long step, double value)
    {
        bool isFirst = curve.Count == 0;
        if (isFirst)
        {
            _trials.Add(trial);
        }

        if (!_isSettled)
        {
            _unsettled.Add((trial, step, value));
            if (isFirst)
            {
                _firstValues.Add(value);
                if (int.IsPow2(_firstValues.Count))
                {
                    Rescale();
                    return;
                }
            }
        }

        _shapes.At(step, _values);
        curve.Add(_values, _scale.ToScale(value));
    }

    /// <summary>Keeps the longest curves; of equal ones, the first trials.</summary>
    private void Lengthen(int trial, ObservedCurve curve, long step)
    {
        _longest.Remove((curve.LastStep, -trial));
        curve.LastStep = step;
        _longest.Add((step, -trial));
        if (_longest.Count > MostLong)
        {
            _longest.Remove(_longest.Min);
        }
    }

    /// <summary>Settles the scale by the first value of every trial so far, and sums up all curves on it again.</summary>
    private void Rescale()
    {
        _scale = ValueScale.Of([.. _firstValues]);
        foreach (int trial in _trials)
        {
            _curves[trial - 1]!.Clear();
        }

        foreach ((int trial, long step, double value) in _unsettled)
        {
            _shapes.At(step, _values);
            _curves[trial - 1]!.Add(_values, _scale.ToScale(value));
        }

        if (_firstValues.Count == SettledScale)
        {
            _isSettled = true;
            _unsettled.Clear();
        }
    }

    private void Fit()
    {
        List<(ObservedCurve Curve, double Weight)> sample = [];
        HashSet<int> chosen = [];
        foreach ((_, int negated) in _longest)
        {
            ObservedCurve curve = _curves[-negated - 1]!;
            if (curve.Count > 0 && chosen.Add(-negated))
            {
                sample.Add((curve, 1));
            }
        }

        int[] others = [.. Enumerable.Range(0, Math.Min(MostOthers, _trials.Count)).Select(i => _trials[(int)((long)i * _trials.Count / Math.Min(MostOthers, _trials.Count))]).Where(chosen.Add)];
        double weight = (double)(_trials.Count - sample.Count) / Math.Max(1, others.Length);
        sample.AddRange(others.Select(trial => (_curves[trial - 1]!, weight)));
        _prior.Fit(sample);
        _model++;
    }
}
