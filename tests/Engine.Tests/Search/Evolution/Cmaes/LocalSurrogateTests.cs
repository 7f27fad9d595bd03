using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Evolution.Cmaes;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Evolution.Cmaes;

public sealed class LocalSurrogateTests
{
    private static readonly SearchSpace Space = new(new UniformParameter("x", 0, 1), new UniformParameter("y", 0, 1), SearchPlay.Words("kind", "a", "b", "c"));

    [Fact]
    public void Predict_ranks_points_as_the_objective_does()
    {
        // Any rising function of the objective gives the same ranks.
        LocalSurrogate surrogate = Fit(40, at => Math.Exp(50 * Objective(at)!.Value))!;

        double[] best = [0.3, 0.6, 0.5];
        Assert.All(new double[][] { [0.6, 0.6, 0.5], [0.3, 0.1, 0.5], [0.3, 0.6, 0.2], [0.3, 0.6, 0.8] }, other => Assert.True(surrogate.Predict(best) < surrogate.Predict(other)));
    }

    [Fact]
    public void Fit_needs_more_points_than_parameters()
    {
        Assert.Null(Fit(6, Objective));
        Assert.NotNull(Fit(7, Objective));
    }

    [Fact]
    public void Fit_survives_equal_and_failed_values() => Assert.Equal(Fit(30, _ => 1)!.Predict([0.1, 0.1, 0.2]), Fit(30, _ => null)?.Predict([0.1, 0.1, 0.2]) ?? 0, 1e-9);

    private static LocalSurrogate? Fit(int trials, Func<Configuration, double?> evaluate)
    {
        SearchHistory history = new(new(Space));
        CmaesState state = CmaesState.Start(history.Axes, 1, new CmaesOptions(Population: 4));
        foreach (Observation observation in SearchPlay.Run(new RandomSearcher(), Space, evaluate, trials))
        {
            history.Add(observation);
            state = state.Add(history.ByTrial[^1]);
        }

        return LocalSurrogate.Fit(state, history);
    }

    private static double? Objective(Configuration at) =>
        Math.Pow(at["x"].AsDouble() - 0.3, 2) + Math.Pow(at["y"].AsDouble() - 0.6, 2) + (at["kind"].ToString() == "b" ? 0 : 0.2);
}
