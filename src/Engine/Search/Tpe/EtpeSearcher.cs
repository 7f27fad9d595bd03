using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>Embedding tree-structured Parzen estimator, as UltraOpt has it: kernel densities over groups of embedded parameters.</summary>
/// <remarks>
/// <para>
/// Begins with a design in which every category of every unconditional parameter occurs. Then the results of the largest budget that has enough
/// of them (<see cref="BudgetTable"/>) are divided into good and bad ones; parameters that are active in the same results form a group, and each
/// group gets a Gaussian kernel density of both sides with one bandwidth for all its coordinates. Candidates are drawn from the good densities,
/// first four times as wide as the kernels and later less; the one with the largest sum of log l - log g is suggested.
/// </para>
/// <para>
/// Source: UltraOpt 0.1 (T. Chunxiao), which has no paper; J. Bergstra et al., NIPS 2011, for TPE. Departures: categories are embedded as the
/// corners of a regular simplex, all at distance 1, not by a network that is trained; that the kernel of such an embedding is a share for all
/// other categories makes it exact. Kernels are cut off at the ends of the range. The widening fades with the number of the trial, not with
/// that of the model's picks, so that no state is kept and the order of arrival does not matter.
/// </para>
/// <para>Running trials count with what they reported so far. Keeps no state. Cost of a suggestion: O(d · candidates · results).</para>
/// </remarks>
public sealed class EtpeSearcher : ISearcher
{
    private readonly EtpeOptions _options;
    private readonly HistoryMemo _memo = new();
    private readonly BudgetTable _budgets = new();
    private readonly InitialDesign _design = new("etpe");
    private readonly Lock _lock = new();

    internal EtpeSearcher(EtpeOptions options) => _options = options;

    /// <inheritdoc/>
    public string Name => "etpe";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            _budgets.Read(context, history);
            int design = DesignSize(history.Axes, _options, context.TotalTrials);
            EtpeModel? model = _budgets.Largest(results => results >= design) is { } rows ? new(history.Axes, rows, _options) : null;
            SuggestionBatch batch = new(context, history);
            while (batch.Count < count && !batch.IsExhausted)
            {
                int trial = batch.NextTrial;
                SeededRandom random = SeededRandom.For(context.Seed, Name, trial);
                bool isAdded = model is null
                    ? batch.TryAdd(DesignPoint(context.Seed, trial, history.Axes), $"start: point {trial} of an even design of {design}")
                    : model.TryAdd(batch, random, Math.Max(0, trial - design - 1));
                if (!isAdded)
                {
                    batch.TryAddRandom(random, "random: the rest was tried before");
                }
            }

            return batch.ToStep();
        }
    }

    /// <summary>Results that a model needs: enough points, and one for each category, unless that takes more than a quarter of the trials.</summary>
    internal static int DesignSize(SpaceAxes axes, EtpeOptions options, int? totalTrials)
    {
        int fewest = Math.Max(EtpeGroup.FewestRows, options.MinPointsInModel);
        int categories = axes.Axes.Where(IsCovered).Select(axis => axis.Levels).DefaultIfEmpty().Max();
        return Math.Max(fewest, Math.Min(categories, (totalTrials ?? int.MaxValue) / 4));
    }

    private static bool IsCovered(Axis axis) => axis is { IsNominal: true, Levels: >= 3, Parameter.Condition: null };

    /// <summary>A point of an even design, in which each L trials in a row have each of L categories once.</summary>
    private double[] DesignPoint(ulong seed, int trial, SpaceAxes axes)
    {
        double[] unit = _design.Point(seed, trial, axes.Dimension);
        for (int i = 0; i < unit.Length; i++)
        {
            Axis axis = axes.Axes[i];
            if (IsCovered(axis))
            {
                int[] levels = [.. Enumerable.Range(0, axis.Levels)];
                SeededRandom.For(seed, $"etpe-levels-{i}", (trial - 1) / axis.Levels).Shuffle(levels.AsSpan());
                unit[i] = axis.Centres[levels[(trial - 1) % axis.Levels]];
            }
        }

        return unit;
    }
}
