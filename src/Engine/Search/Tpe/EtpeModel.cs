using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>ETPE's model of the results of one budget: coordinates that are active in the same results form a group with densities of its own.</summary>
internal sealed class EtpeModel
{
    private readonly SpaceAxes _axes;
    private readonly EtpeOptions _options;
    private readonly List<EtpeGroup> _groups;
    private readonly double[][] _candidates;

    /// <param name="axes">The space.</param>
    /// <param name="rows">The results, best first.</param>
    /// <param name="options">What the user chose.</param>
    public EtpeModel(SpaceAxes axes, BudgetRows rows, EtpeOptions options)
    {
        (_axes, _options) = (axes, options);
        _groups =
        [
            .. Enumerable.Range(0, axes.Dimension)
                .GroupBy(i => string.Concat(rows.Units.Select(unit => double.IsNaN(unit[i]) ? '0' : '1')), StringComparer.Ordinal)
                .Select(group => new EtpeGroup(axes, [.. group], [.. rows.Units.Where(unit => !double.IsNaN(unit[group.First()]))], options)),
        ];
        int dimensions = axes.Axes.Sum(axis => axis is { IsNominal: true, Levels: >= 3 } ? axis.Levels : 1);
        int count = Math.Max(options.MinCandidates, (int)Math.Min(100_000, options.CandidatesFactor * dimensions));
        _candidates = [.. Enumerable.Range(0, count).Select(_ => new double[axes.Dimension])];
        Reason = $"{rows.Name}, {EtpeGroup.GoodOf(rows.Units.Length, options)} of them good, in {_groups.Count} groups of parameters; best of {count} candidates";
    }

    /// <summary>What a suggestion is made from, for people.</summary>
    public string Reason { get; }

    /// <summary>How much wider than the kernels candidates are drawn after a number of suggestions of the model: 3 · 0.96^k + 1 by default.</summary>
    public static double Widening(int suggestions, EtpeOptions options) =>
        ((options.MaxBandwidthFactor - options.MinBandwidthFactor) * Math.Pow(options.Gamma1, suggestions)) + options.MinBandwidthFactor;

    /// <summary>Suggests the best of the candidates that were not tried; draws wider ones while all of them were.</summary>
    /// <returns>False if all were, to the last try.</returns>
    public bool TryAdd(SuggestionBatch batch, SeededRandom random, int suggestions)
    {
        double widening = Widening(suggestions, _options);
        for (int attempt = 0; attempt < _options.MaxTry; attempt++, widening *= _options.Gamma2)
        {
            foreach (EtpeGroup group in _groups)
            {
                group.Widen(widening);
            }

            if (TryDraw(batch, random))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryDraw(SuggestionBatch batch, SeededRandom random)
    {
        double[] scores = new double[_candidates.Length];
        for (int c = 0; c < _candidates.Length; c++)
        {
            foreach (EtpeGroup group in _groups)
            {
                group.Draw(random, _candidates[c]);
            }

            _axes.Canonicalise(_candidates[c]);
            scores[c] = -_groups.Sum(group => group.Score(_candidates[c]));
        }

        Array.Sort(scores, _candidates);
        return _candidates.Any(candidate => batch.TryAdd(candidate, Reason));
    }
}
