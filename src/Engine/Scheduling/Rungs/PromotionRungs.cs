using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>Who stands how at each rung, and who waits there. Trials that failed count nowhere.</summary>
/// <remarks>
/// A function of the context; kept only to save the time of computing it again. Besides the new reports a call looks at the trials that were running:
/// trials that wait or have ended change only by being decided about, which <see cref="Leave"/> tells. Numbers that do not add up mean another history: it starts anew.
/// </remarks>
/// <param name="arrivals">By what trials are judged.</param>
internal sealed class PromotionRungs(RungArrivals arrivals)
{
    private readonly Dictionary<int, List<(long Rung, double Value)>> _climbs = [];
    private readonly SortedDictionary<long, PromotionRung> _rungs = new(Comparer<long>.Create(static (one, other) => other.CompareTo(one)));
    private readonly HashSet<int> _open = [];
    private readonly HashSet<int> _paused = [];
    private readonly HashSet<int> _failed = [];
    private ScheduledReports _seen = [];
    private int _created;

    /// <summary>How many trials were completed.</summary>
    public int Completed { get; private set; }

    /// <summary>Rungs that a trial has reached, the highest first.</summary>
    public IEnumerable<PromotionRung> Descending => _rungs.Values;

    /// <summary>Takes in what happened since the call before; starts anew where that was in another history.</summary>
    public void Update(SchedulerContext context)
    {
        if (!_seen.IsContinuedBy(context.Reports) || _created >= context.NextTrial)
        {
            Clear();
        }

        TakeIn(context);
        if (_open.Count != context.Running.Count || _paused.Count != context.Paused.Count)
        {
            Clear();
            TakeIn(context);
        }
    }

    /// <summary>The highest rung at which a trial was judged and how it stands there; null before.</summary>
    public RungPlace? PlaceOf(int trial) =>
        _climbs.TryGetValue(trial, out List<(long Rung, double Value)>? climb) ? _rungs[climb[^1].Rung].PlaceOf(climb[^1].Value, trial) : null;

    /// <summary>The highest rung of a trial at or below a step; 0 for none.</summary>
    public long RungAt(ulong seed, int trial, long step) => arrivals.RungAt(seed, trial, step);

    /// <summary>A paused trial is going to be resumed or stopped.</summary>
    public void Leave(int trial)
    {
        _paused.Remove(trial);
        _open.Add(trial);
        if (_climbs.TryGetValue(trial, out List<(long Rung, double Value)>? climb))
        {
            _rungs[climb[^1].Rung].Waiting.Remove((climb[^1].Value, trial));
        }
    }

    private void Clear()
    {
        arrivals.Clear();
        _climbs.Clear();
        _rungs.Clear();
        _open.Clear();
        _paused.Clear();
        _failed.Clear();
        _seen = [];
        _created = 0;
        Completed = 0;
    }

    private void TakeIn(SchedulerContext context)
    {
        for (int i = _seen.Count; i < context.Reports.Count; i++)
        {
            if (arrivals.Take(context.Seed, context.Reports[i]) is { } arrival && !_failed.Contains(arrival.By.Trial))
            {
                Arrive(arrival.Rung, arrival.By);
            }
        }

        _seen = context.Reports;
        while (_created < context.NextTrial - 1)
        {
            _open.Add(++_created);
        }

        foreach (int trial in _open.Where(trial => !context.Running.Contains(trial)).ToArray())
        {
            if (context.Paused.Contains(trial))
            {
                Wait(trial);
            }
            else
            {
                End(trial, context.Trials.StatusOf(trial));
            }
        }
    }

    private void Arrive(long rung, ScheduledReport report)
    {
        double value = report.Value ?? double.PositiveInfinity;
        if (!_rungs.TryGetValue(rung, out PromotionRung? here))
        {
            _rungs[rung] = here = new(rung);
        }

        here.Add(value, report.Trial);
        if (!_climbs.TryGetValue(report.Trial, out List<(long Rung, double Value)>? climb))
        {
            _climbs[report.Trial] = climb = [];
        }

        climb.Add((rung, value));
    }

    private void Wait(int trial)
    {
        _open.Remove(trial);
        _paused.Add(trial);
        if (_climbs.TryGetValue(trial, out List<(long Rung, double Value)>? climb))
        {
            _rungs[climb[^1].Rung].Waiting.Add((climb[^1].Value, trial));
        }
    }

    private void End(int trial, TrialStatus status)
    {
        _open.Remove(trial);
        Completed += status == TrialStatus.Completed ? 1 : 0;
        if (status != TrialStatus.Failed)
        {
            return;
        }

        _failed.Add(trial);
        if (_climbs.Remove(trial, out List<(long Rung, double Value)>? climb))
        {
            climb.ForEach(place => _rungs[place.Rung].Remove(place.Value, trial));
        }
    }
}
