using System.Collections.Immutable;
using HpoServerless.Engine.Collections;

namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>Who stands how at each rung, and who went no further yet. A function of the reports in their order; kept only to save the time of computing it again.</summary>
/// <param name="milestonesOf">Rungs of a trial, ascending, by seed and trial number.</param>
internal sealed class PromotionRungs(Func<ulong, int, ImmutableArray<long>> milestonesOf)
{
    private readonly Dictionary<int, (long Rung, double Value)> _places = [];
    private readonly SortedDictionary<long, Rung> _rungs = new(Comparer<long>.Create(static (one, other) => other.CompareTo(one)));
    private AppendOnlyList<ScheduledReport> _seen = [];

    /// <summary>Rungs that a trial has reached, the highest first.</summary>
    public IEnumerable<(long Step, Rung Rung)> Descending => _rungs.Select(pair => (pair.Key, pair.Value));

    /// <summary>Takes in the reports that were not seen before; starts anew where these are other reports.</summary>
    public void Update(ulong seed, AppendOnlyList<ScheduledReport> reports)
    {
        if (!_seen.IsContinuedBy(reports))
        {
            _places.Clear();
            _rungs.Clear();
            _seen = [];
        }

        for (int i = _seen.Count; i < reports.Count; i++)
        {
            Add(seed, reports[i]);
        }

        _seen = reports;
    }

    /// <summary>The highest rung of a trial and how it stands there; null before its first rung.</summary>
    public RungPlace? PlaceOf(int trial) =>
        _places.TryGetValue(trial, out (long Rung, double Value) place) ? new(place.Rung, place.Value, _rungs[place.Rung].RankOf(place.Value, trial), _rungs[place.Rung].Count) : null;

    /// <summary>A rung; null where no trial reached it.</summary>
    public Rung? At(long step) => _rungs.GetValueOrDefault(step);

    /// <summary>Whether a step is the highest rung of a trial.</summary>
    public bool IsAt(int trial, long rung) => _places.TryGetValue(trial, out (long Rung, double Value) place) && place.Rung == rung;

    private void Add(ulong seed, ScheduledReport report)
    {
        long rung = 0;
        foreach (long milestone in milestonesOf(seed, report.Trial))
        {
            rung = milestone <= report.Step ? milestone : rung;
        }

        bool known = _places.TryGetValue(report.Trial, out (long Rung, double Value) before);
        if (rung == 0 || (known && before.Rung >= rung))
        {
            return;
        }

        if (known)
        {
            _rungs[before.Rung].Waiting.Remove((before.Value, report.Trial));
        }

        if (!_rungs.TryGetValue(rung, out Rung? here))
        {
            _rungs[rung] = here = new();
        }

        double value = report.Value ?? double.PositiveInfinity;
        _places[report.Trial] = (rung, value);
        here.Add(value, report.Trial);
    }

    /// <summary>One rung. Smaller values are better; of equal values, the smaller trial number.</summary>
    public sealed class Rung
    {
        private readonly List<(double Value, int Trial)> _sorted = [];

        /// <summary>Trials that reached it and no higher one, best first.</summary>
        public SortedSet<(double Value, int Trial)> Waiting { get; } = [];

        /// <summary>How many trials reached it.</summary>
        public int Count => _sorted.Count;

        public void Add(double value, int trial)
        {
            _sorted.Insert(~_sorted.BinarySearch((value, trial)), (value, trial));
            Waiting.Add((value, trial));
        }

        /// <summary>Some trials from a place on, best first, those included that went further.</summary>
        /// <param name="rank">Place, from 1.</param>
        /// <param name="most">How many at most.</param>
        public IEnumerable<(double Value, int Trial)> From(int rank, int most)
        {
            for (int i = rank - 1; i < Math.Min(_sorted.Count, rank - 1 + most); i++)
            {
                yield return _sorted[i];
            }
        }

        /// <summary>Place of a trial that reached it, from 1.</summary>
        public int RankOf(double value, int trial) => _sorted.BinarySearch((value, trial)) + 1;
    }
}

/// <summary>A trial at its highest rung.</summary>
/// <param name="Rung">Step.</param>
/// <param name="Value">Its minimised value there; infinite where it was missing or not finite.</param>
/// <param name="Rank">Its place, from 1.</param>
/// <param name="Count">Of how many.</param>
internal readonly record struct RungPlace(long Rung, double Value, int Rank, int Count);
