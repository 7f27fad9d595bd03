using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Chooses among acquisition functions by how good the points they nominated turned out to be.</summary>
/// <remarks>
/// Source: M. Hoffman, E. Brochu, N. de Freitas, "Portfolio allocation for Bayesian optimization", UAI 2011, algorithm 2 (GP-Hedge): each
/// function's gain grows by the negative posterior mean at its last nominee, and functions are drawn with probability proportional to
/// exp(gain). Departure: means are divided by the standard deviation of the signal, so that gains do not depend on units.
/// </remarks>
internal static class Hedge
{
    private static readonly AcquisitionFunction[] Portfolio =
    [
        AcquisitionFunction.LogExpectedImprovement,
        AcquisitionFunction.LowerConfidenceBound,
        AcquisitionFunction.ProbabilityOfImprovement,
    ];

    /// <summary>Rewards the functions for their last nominees.</summary>
    /// <param name="model">Conditioned on what is known now.</param>
    /// <param name="state">Whose gains are raised; its nominees are taken away.</param>
    public static void Reward(GpModel model, GpState state)
    {
        if (state.Gains.Length == 0)
        {
            state.Gains = new double[Portfolio.Length];
        }

        for (int i = 0; i < state.Nominees.Length; i++)
        {
            state.Gains[i] -= model.Mean(state.Nominees[i]) / Math.Sqrt(model.Signal);
        }

        state.Nominees = [];
    }

    /// <summary>Lets every function nominate and draws one.</summary>
    /// <param name="nominate">Ranked candidates of a function.</param>
    /// <param name="state">Receives the nominees.</param>
    /// <param name="random">Stream of the trial.</param>
    /// <returns>The function that was drawn and its candidates.</returns>
    public static (AcquisitionFunction Function, List<Candidate> Ranked) Draw(
        Func<AcquisitionFunction, List<Candidate>> nominate, GpState state, SeededRandom random)
    {
        List<Candidate>[] ranked = [.. Portfolio.Select(nominate)];
        state.Nominees = [.. ranked.Select(candidates => candidates[0].Point)];
        double highest = state.Gains.Max();
        double[] weights = [.. state.Gains.Select(gain => Math.Exp(gain - highest))];
        double left = random.NextUnit() * weights.Sum();
        int drawn = 0;
        while (drawn < weights.Length - 1 && left >= weights[drawn])
        {
            left -= weights[drawn++];
        }

        return (Portfolio[drawn], ranked[drawn]);
    }
}
