using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search.Evolution.NelderMead;

/// <summary>Nelder-Mead: a simplex that walks downhill by turning its worst corner over.</summary>
/// <remarks>
/// <para>
/// The first trials are evenly spread; the simplex starts at the best of them. What it does is a function of the results at the points it asks
/// for, whenever they arrive: a point that is already known, whoever chose it, is not evaluated again. Idle workers try the points that may be
/// asked for next, and then further simplices, which start at the next best of the first trials. A simplex that became too narrow is followed
/// by another one at its best point or anywhere, in turn.
/// </para>
/// <para>
/// A simplex moves in the numbers that are active at its first corner; discrete ones are rounded when evaluated, and it counts as too narrow
/// when it lies within a fraction of a cell. Then its best point is tried with each other category, one at a time.
/// </para>
/// <para>
/// Sources: J. A. Nelder and R. Mead, Computer Journal 7 (1965) 308-313; F. Gao and L. Han, "Implementing the Nelder-Mead simplex algorithm with
/// adaptive parameters", Comput. Optim. Appl. 51 (2012) 259-277, for expansion, contraction and shrinkage by dimension. Departure: what would
/// leave the box stops at its border. Made for few parameters and no noise.
/// </para>
/// <para>Cost: O(d²) a suggestion.</para>
/// </remarks>
internal sealed class NelderMeadSearcher(int startup = 0) : ISearcher
{
    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design = new("nelder-mead");
    private readonly Dictionary<Configuration, EvaluatedPoint> _known = [];
    private readonly List<Simplex> _simplices = [];
    private readonly Lock _lock = new();
    private SearchHistory? _history;
    private ulong _seed;
    private int _arrived;

    /// <inheritdoc/>
    public string Name => "nelder-mead";

    /// <summary>Makes the searcher of its options.</summary>
    public static NelderMeadSearcher Read(OptionReader options) =>
        new((int)options.Integer("n_startup_trials", 0, v => v is >= 0 and <= 100_000, "must be a whole number from 0 (the algorithm's choice) to 100000"));

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = Learn(context);
            SuggestionBatch batch = new(context, history);
            int first = FirstTrials(history);
            bool isReady = context.NextTrial > first && !context.Pending.Any(pending => pending.Trial <= first);
            for (int simplex = 0; isReady && batch.Count < count && simplex <= count + context.Pending.Count; simplex++)
            {
                SuggestOf(simplex, history, first, batch, count);
            }

            while (batch.Count < count && !batch.IsExhausted)
            {
                int trial = batch.NextTrial;
                if (!batch.TryAdd(_design.Point(context.Seed, trial, history.Axes.Dimension), $"point {trial} of a Sobol sequence, to begin with"))
                {
                    batch.TryAddRandom(SeededRandom.For(context.Seed, Name, trial), "random, because the simplices have nothing to ask that was not tried before");
                }
            }

            return batch.ToStep();
        }
    }

    /// <summary>How many trials of this experiment are evenly spread: fewer where earlier experiments already know something.</summary>
    private int FirstTrials(SearchHistory history)
    {
        int wanted = startup > 0 ? startup : 3 + (int)Math.Sqrt(history.Axes.Dimension);
        return Math.Max(0, wanted - history.ByTrial.Count(point => point.Trial < 1));
    }

    private SearchHistory Learn(SearchContext context)
    {
        SearchHistory history = _memo.Read(context);
        if (!ReferenceEquals(history, _history) || context.Seed != _seed)
        {
            Forget(history, context.Seed);
        }

        for (; _arrived < history.Arrived.Count; _arrived++)
        {
            EvaluatedPoint point = history.Arrived[_arrived];
            bool isKnown = _known.TryGetValue(point.Observation.Configuration, out EvaluatedPoint? other);
            if (isKnown && other!.Trial < point.Trial)
            {
                continue;
            }

            if (isKnown)
            {
                // The earliest trial counts, and simplices may have walked on the later one's result.
                _simplices.Clear();
            }

            _known[point.Observation.Configuration] = point;
        }

        return history;
    }

    private void Forget(SearchHistory history, ulong seed)
    {
        (_history, _seed, _arrived) = (history, seed, 0);
        _known.Clear();
        _simplices.Clear();
    }

    private void SuggestOf(int number, SearchHistory history, int first, SuggestionBatch batch, int count)
    {
        if (number == _simplices.Count)
        {
            SeededRandom random = SeededRandom.For(_seed, "nelder-mead-simplex", number);
            EvaluatedPoint? start = history.ByTrial.Where(point => point.Trial <= first && point.Value is not null)
                .OrderBy(point => point, Merit.BestFirst).Skip(number).FirstOrDefault();
            double[] unit = start is null ? [.. history.Axes.Axes.Select(_ => random.NextUnit())] : Moves.Complete(start.Unit, random);
            _simplices.Add(new(history.Axes, unit, random));
        }

        Simplex simplex = _simplices[number];
        simplex.Advance(point => _known.GetValueOrDefault(history.Axes.Decode(point)), 1000 + (50L * history.ByTrial.Count));
        batch.TryAdd(simplex.Question.Point, simplex.Question.Reason);
        foreach (double[] ahead in simplex.Question.Ahead)
        {
            if (batch.Count == count)
            {
                return;
            }

            batch.TryAdd(ahead, $"ahead of simplex {number + 1}, which may need it next");
        }
    }
}
