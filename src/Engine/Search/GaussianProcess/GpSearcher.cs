using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Bayesian optimisation: a Gaussian process predicts the objective everywhere, and the most promising point is tried next.</summary>
/// <remarks>
/// <para>
/// <b>Model.</b> Matérn 5/2 or squared exponential with one lengthscale an axis (<see cref="Kernel"/>), a constant unknown mean, homoscedastic
/// noise, and an output warp whose bend is fitted with the rest (<see cref="OutputWarp"/>); hyperparameters and kernel are those of the
/// highest posterior density, found by L-BFGS with exact gradients (<see cref="GpLikelihood"/>, <see cref="GpPrior"/>). The kernel sees the
/// values that are really evaluated; conditional spaces are one model (<see cref="ModelSpace"/>).
/// </para>
/// <para>
/// <b>Choice.</b> After a scrambled Sobol design, the acquisition function (<see cref="Acquisition"/>, <see cref="Hedge"/>,
/// <see cref="NoisyImprovement"/>) is maximised over the space for most trials, in a trust region for every third (there in turn by values
/// bent and as they are), and with a threshold that leads elsewhere for another third once the search has converged
/// (<see cref="ModeSchedule"/>, <see cref="TrustRegion"/>). Running trials are believed to end at the model's mean; constraints and failures
/// weight the acquisition function by their probability (<see cref="Feasibility"/>).
/// </para>
/// <para>
/// <b>State</b> is the hyperparameters of the last fits, which the next ones start from, and the gains of the portfolio. Everything else is
/// computed from the observations, sorted by trial.
/// </para>
/// <para>
/// <b>Cost.</b> A fit is some tens of evaluations of n³ + d n², a point some thousand predictions of n² with n at most 240 observations:
/// milliseconds below 50 observations, tens of milliseconds at and beyond 200. Memory d n² / 2 numbers during a fit.
/// </para>
/// <para>
/// <b>Sources</b> stand with the parts. As a whole it follows D. R. Jones, M. Schonlau, W. J. Welch, "Efficient global optimization of
/// expensive black-box functions", J. Global Optim. 13 (1998) 455-492. Departures: two kernels compete instead of one; the warp is fitted by
/// likelihood; local and exploring trials are interleaved by trial number, so that neither the budget nor the order of arrival need be known.
/// </para>
/// </remarks>
public sealed class GpSearcher : ISearcher
{
    /// <summary>Values a model needs at least.</summary>
    private const int FewestValues = 3;

    private readonly GpOptions _options;
    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design;
    private readonly Lock _lock = new();

    /// <param name="options">Null for defaults.</param>
    public GpSearcher(GpOptions? options = null)
    {
        _options = options ?? new();
        _design = new(Name);
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            SuggestionBatch batch = new(context, history);
            GpState state = GpState.Parse(context.State);
            int d = context.Space.Dimension;
            int initial = _options.InitialPoints ?? Math.Clamp((2 * d) + 1, 5, 10);
            int known = history.ByTrial.Count(point => point.Value is not null);
            GpRun? run = null;
            while (batch.Count < count && !batch.IsExhausted)
            {
                int trial = batch.NextTrial;
                SeededRandom random = SeededRandom.For(context.Seed, Name, trial);
                bool isAdded;
                if (known < FewestValues || (known < initial && trial <= initial))
                {
                    isAdded = batch.TryAdd(_design.Point(context.Seed, trial, d), $"point {trial} of the initial design");
                }
                else
                {
                    run ??= new(new ModelSpace(history.Axes), history, _options, state, batch, initial);
                    isAdded = run.TryAdd(random);
                }

                if (!isAdded)
                {
                    batch.TryAddRandom(random, "random: what was sought was tried before");
                }
            }

            return batch.ToStep(state.ToJson());
        }
    }
}
