using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.Cmaes;

/// <summary>CMA-ES: learns a normal distribution of good configurations, its covariances included, and follows it.</summary>
/// <remarks>
/// <para>
/// Trial n is drawn from the distribution that is known when it is asked for. What is known is a function of the observations by trial, however
/// they were chosen and in whatever order they arrived: every λ of them move the distribution on, steps that are longer than its own would be
/// are shortened. So results of other algorithms and of earlier experiments, and any number of parallel trials, do no harm.
/// </para>
/// <para>
/// Sources: N. Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772 (2023), with negative weights (see <see cref="CmaesConstants"/>,
/// <see cref="Gaussian"/>); N. Hansen, "Injecting external solutions into CMA-ES", arXiv:1110.4181, for steps of others; discrete values and
/// categories: <see cref="Margin"/>, <see cref="CategoryModel"/>; restarts: <see cref="RestartStrategy"/>; the choice of a candidate among
/// several draws: <see cref="LocalSurrogate"/>.
/// </para>
/// <para>
/// Departures: a surrogate chooses every second trial among several draws, and only those, because the covariance of
/// chosen points alone degenerates; populations are small, 4 + 1.5 ln d, because trials are dear; the first run starts at the best of some evenly spread points, not in the middle of the box; first draws are quasi-random; of
/// equal values each gets the mean weight; coordinates are mirrored into the box, or set on its border where the mean is close; of a
/// discrete value, a place in its cell is drawn again, because that of the candidate is not kept; inactive coordinates do not move the mean
/// and count as random draws else.
/// </para>
/// <para>Cost: O(d²) a suggestion, O(d³) a generation; O(d) for both where covariances are left out (from 60 numeric parameters on), where the
/// surrogate is too. It costs O(d³) a call.</para>
/// </remarks>
internal sealed class CmaesSearcher(CmaesOptions options) : ISearcher
{
    private const int Tries = 24;

    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design = new("cmaes");
    private readonly TrialFold<CmaesState> _fold = new(
        (axes, seed) => CmaesState.Start(axes, seed, options),
        (state, point) => state.Add(point));

    private readonly Lock _lock = new();

    public CmaesSearcher()
        : this(new CmaesOptions())
    {
    }

    /// <inheritdoc/>
    public string Name => "cmaes";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            CmaesState state = _fold.Read(history, context.Seed);
            SuggestionBatch batch = new(context, history);
            LocalSurrogate? surrogate = options.Candidates > 1 ? LocalSurrogate.Fit(state, history) : null;
            while (batch.Count < count && !batch.IsExhausted)
            {
                SuggestOne(state, surrogate, batch, context.Seed);
            }

            return batch.ToStep();
        }
    }

    private void SuggestOne(CmaesState state, LocalSurrogate? surrogate, SuggestionBatch batch, ulong seed)
    {
        int trial = batch.NextTrial;
        double[] even = _design.Point(seed, trial, state.Plan.Axes.Dimension);
        SeededRandom random = SeededRandom.For(seed, Name, trial);
        if (state.Model is null)
        {
            if (!batch.TryAdd(even, $"point {trial} of a Sobol sequence, to begin with"))
            {
                batch.TryAddRandom(random, "random, because that point of the Sobol sequence was tried before");
            }

            return;
        }

        int candidate = (state.Waiting.Length + batch.Running.Count) % state.Run.Population;
        string reason = $"generation {state.Model.Generation + 1}{(state.Run.Number > 0 ? $" of restart {state.Run.Number}" : string.Empty)}, "
            + $"candidate {candidate + 1} of {state.Run.Population}, step size {state.Model.Sigma:G2}";
        for (int i = 0; i < Tries; i++)
        {
            foreach (double[] point in Candidates(state, trial % 2 == 0 ? surrogate : null, i == 0 ? even : null, Math.Pow(1.2, i), random))
            {
                if (batch.TryAdd(point, reason))
                {
                    return;
                }
            }
        }

        batch.TryAddRandom(random, "random, because what the distribution gives was tried before");
    }

    /// <summary>One draw, or several with the most promising first.</summary>
    private static double[][] Candidates(CmaesState state, LocalSurrogate? surrogate, double[]? first, double stretch, SeededRandom random)
    {
        double[] Draw(double[]? uniform) => state.Sample(uniform ?? [.. state.Plan.Axes.Axes.Select(_ => random.NextUnit())], stretch);
        double[] only = Draw(first);
        return surrogate is null
            ? [only]
            : [.. Enumerable.Range(1, state.Plan.Options.Candidates - 1).Select(_ => Draw(null)).Prepend(only).OrderBy(surrogate.Predict)];
    }
}
