using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>Tree-structured Parzen estimator: suggests what resembles the good results and not the others.</summary>
/// <remarks>
/// <para>
/// After <c>n_startup_trials</c> results the results are divided into good and bad ones (<see cref="TpeSplit"/>) and each side becomes a density
/// (<see cref="KernelMixture"/>): l of the good, g of the bad. Candidates are drawn from l, and the one with the largest l / g is suggested:
/// the expected improvement grows with that ratio.
/// </para>
/// <para>
/// Sources: J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011, eq. 2 (l and g) and section 4.1
/// (the ratio); S. Falkner, A. Klein, F. Hutter, "BOHB", ICML 2018, for kernels over whole points; S. Watanabe, "Tree-structured Parzen estimator",
/// arXiv:2304.11127, for what matters among the many choices. Departures: good results weigh by rank; their kernels are as wide as they are spread,
/// those of the bad are narrow and do not follow the spread, so that where many results are already known there is less to gain; every fourth suggestion takes a
/// wider view (twice the good results, kernels wider by half), so that the search does not settle too soon; spaces with conditions are
/// modelled as a whole; the first points are spread evenly.
/// </para>
/// <para>
/// Running trials, and the suggestions made before in the same call, count as bad results, of weight 1/√r where there are r: one keeps the next
/// from the same place, and many do not drive the search away from where it is good. Failed trials are bad; trials stopped early rank
/// behind the finished ones (<see cref="Ranking"/>). Where several objectives count, the good results are those of the first fronts
/// (<see cref="FrontRanking"/>). Keeps no state. Cost of a suggestion: O(d · candidates · results), the last bounded by 185.
/// </para>
/// </remarks>
public sealed class TpeSearcher : ISearcher
{
    private const int WidePeriod = 4;

    private readonly TpeOptions _options;
    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design = new("tpe");
    private readonly Ranking _ranking = new();
    private readonly FrontRanking _fronts = new();
    private readonly TpeSplit _split = new();
    private readonly Lock _lock = new();
    private SpaceAxes? _axes;
    private TpeModel[] _models = [];
    private double[][] _candidates = [];
    private double[] _scores = [];

    internal TpeSearcher(TpeOptions options) => _options = options;

    /// <inheritdoc/>
    public string Name => "tpe";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            IReadOnlyList<EvaluatedPoint> ranked = _ranking.Read(history);
            bool isFront = context.Objectives > 1;
            ranked = isFront ? _fronts.Read(history, context.Objectives) : ranked;
            Prepare(history.Axes);
            SuggestionBatch batch = new(context, history);
            bool isStart = _ranking.Succeeded < Math.Max(_options.StartupTrials, TpeSplit.FewestGood);
            while (batch.Count < count && !batch.IsExhausted)
            {
                SeededRandom random = SeededRandom.For(context.Seed, Name, batch.NextTrial);
                if (!(isStart ? TryStart(context, batch) : TryModel(ranked, isFront, batch, random)))
                {
                    batch.TryAddRandom(random, "random: everything else was tried before");
                }
            }

            return batch.ToStep();
        }
    }

    private void Prepare(SpaceAxes axes)
    {
        if (ReferenceEquals(axes, _axes))
        {
            return;
        }

        _axes = axes;
        int[] all = [.. Enumerable.Range(0, axes.Dimension)];
        _models = _options.Multivariate ? [new(axes, all, _options)] : [.. all.Select(i => new TpeModel(axes, [i], _options))];
        _candidates = [.. Enumerable.Range(0, _options.Candidates).Select(_ => new double[axes.Dimension])];
        _scores = new double[_options.Candidates];
    }

    private bool TryStart(SearchContext context, SuggestionBatch batch) => batch.TryAdd(
        _design.Point(context.Seed, batch.NextTrial, _axes!.Dimension),
        $"start: point {batch.NextTrial}, spread evenly, until {_options.StartupTrials} results are known");

    private bool TryModel(IReadOnlyList<EvaluatedPoint> ranked, bool isFront, SuggestionBatch batch, SeededRandom random)
    {
        bool isWide = batch.NextTrial % WidePeriod == 0;
        _split.Divide(ranked, isWide ? Math.Min(2 * _options.Gamma, 0.5 + (_options.Gamma / 2)) : _options.Gamma, isFront);
        if (_options.ConstantLiar)
        {
            foreach (double[] running in batch.Running)
            {
                _split.AddBad(running, 1 / Math.Sqrt(batch.Running.Count));
            }
        }

        foreach (TpeModel model in _models)
        {
            model.Build(_split, isWide);
        }

        DrawCandidates(random);
        string reason = $"{(isWide ? "wide " : string.Empty)}model of {ranked.Count} results, {_split.Good.Length} of them good; best of {_options.Candidates} candidates";
        foreach (double[] candidate in _candidates)
        {
            if (batch.TryAdd(candidate, reason))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Fills the candidates, best first. Where coordinates are modelled each by itself, the best of each come together, then the second best of each, and so on.</summary>
    private void DrawCandidates(SeededRandom random)
    {
        foreach (TpeModel model in _models)
        {
            for (int c = 0; c < _candidates.Length; c++)
            {
                model.Draw(random, _candidates[c]);
                Settle(_candidates[c], model.Coordinates);
                _scores[c] = -model.Score(_candidates[c]);
            }

            Sort(model.Coordinates);
        }

        foreach (double[] candidate in _models.Length > 1 ? _candidates : [])
        {
            _axes!.Activate(candidate);
        }
    }

    /// <summary>Moves the coordinates to the values that they decode to; inactive ones become NaN where all are modelled together.</summary>
    private void Settle(double[] candidate, ReadOnlySpan<int> coordinates)
    {
        foreach (int i in coordinates)
        {
            candidate[i] = _axes!.Axes[i].Snap(candidate[i]);
        }

        if (_models.Length == 1)
        {
            _axes!.Activate(candidate);
        }
    }

    private void Sort(ReadOnlySpan<int> coordinates)
    {
        if (_models.Length == 1)
        {
            Array.Sort(_scores, _candidates);
            return;
        }

        int coordinate = coordinates[0];
        double[] values = [.. _candidates.Select(candidate => candidate[coordinate])];
        Array.Sort(_scores, values);
        for (int c = 0; c < values.Length; c++)
        {
            _candidates[c][coordinate] = values[c];
        }
    }
}
