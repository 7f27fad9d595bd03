using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>The model of BOHB: kernel densities of the good and the bad results at the largest budget that has enough of them.</summary>
/// <remarks>
/// <para>
/// A budget is a step at which trials report (<see cref="BudgetTable"/>), so it goes with schedulers that stop trials early; without them it
/// models the results. A third of the suggestions is random, as are all until a model can be made. Else candidates are drawn around the good
/// points, three times as wide as the kernels, and the one with the largest l / g is suggested.
/// </para>
/// <para>
/// Source: S. Falkner, A. Klein, F. Hutter, "BOHB: robust and efficient hyperparameter optimization at scale", ICML 2018, section 3.2 and
/// algorithm 2; bandwidths by the normal reference rule. Departures: kernels on ordered values and conditional parameters as in
/// <see cref="KernelMixture"/> (the source refuses the first and invents values for the second); kernels are cut off at the ends of the range;
/// nominal axes measure their spread by how often two values differ, not by the numbers of the categories; no configuration is suggested twice.
/// </para>
/// <para>Running trials count with what they reported so far. Keeps no state. Cost of a suggestion: O(d · candidates · results).</para>
/// </remarks>
public sealed class BohbSearcher : ISearcher
{
    private readonly BohbOptions _options;
    private readonly HistoryMemo _memo = new();
    private readonly BudgetTable _budgets = new();
    private readonly Lock _lock = new();

    internal BohbSearcher(BohbOptions options) => _options = options;

    /// <inheritdoc/>
    public string Name => "bohb";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            _budgets.Read(context, history);
            BohbModel model = new(history.Axes, _options);
            BudgetRows? rows = _budgets.Largest(model.IsEnough);
            if (rows is not null)
            {
                model.Build(rows);
            }

            SuggestionBatch batch = new(context, history);
            while (batch.Count < count && !batch.IsExhausted)
            {
                SeededRandom random = SeededRandom.For(context.Seed, Name, batch.NextTrial);
                bool isRandom = random.NextUnit() < _options.RandomFraction;
                if (rows is null || isRandom || !TryModel(model, rows, history.Axes, batch, random))
                {
                    string reason = rows is null ? "there are too few results for a model" : isRandom ? "one of the share that is" : "everything else was tried before";
                    batch.TryAddRandom(random, $"random: {reason}");
                }
            }

            return batch.ToStep();
        }
    }

    private bool TryModel(BohbModel model, BudgetRows rows, SpaceAxes axes, SuggestionBatch batch, SeededRandom random)
    {
        double[][] candidates = new double[_options.Samples][];
        double[] scores = new double[candidates.Length];
        for (int c = 0; c < candidates.Length; c++)
        {
            candidates[c] = new double[axes.Dimension];
            model.Draw(random, candidates[c]);
            axes.Canonicalise(candidates[c]);
            scores[c] = -model.Score(candidates[c]);
        }

        Array.Sort(scores, candidates);
        string reason = $"{rows.Name}, {model.Good} of them good; best of {candidates.Length} candidates";
        return candidates.Any(candidate => batch.TryAdd(candidate, reason));
    }
}
