using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench.Quality;

/// <summary>Every problem by name.</summary>
internal static class ProblemSets
{
    /// <summary>Problems where a figure proves nothing against searchers that start at the middle of the box.</summary>
    public static readonly string[] OptimumAtCentre = ["ackley5", "rastrigin5"];

    public static IReadOnlyList<ProblemFactory> All { get; } = [.. PeerProblems.AsTheyAre, .. PeerProblems.Shifted, .. UnseenProblems.All];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(problem => problem.Set).Distinct()];

    /// <summary>Tells what is wrong with the known optima: a figure is no better than they are.</summary>
    /// <returns>Null if nothing is.</returns>
    public static string? FaultOf(ProblemFactory factory, ulong seed)
    {
        const int Draws = 2000;
        const double Tolerance = 1e-5;
        Problem problem = factory.For(seed);
        double? regret = problem.Truth(problem.Best) - problem.Optimum;
        if (!problem.Space.Contains(problem.Best) || regret is null || Math.Abs(regret.Value) > Tolerance)
        {
            return $"{factory.Name}, seed {seed}: {problem.Best} should have regret 0, has {regret}";
        }

        SeededRandom random = SeededRandom.For(seed, "self-check");
        double[] unit = new double[problem.Space.Dimension];
        for (int i = 0; i < Draws; i++)
        {
            foreach (ref double coordinate in unit.AsSpan())
            {
                coordinate = random.NextUnit();
            }

            Configuration at = problem.Space.Decode(unit);
            if (problem.Truth(at) < problem.Optimum - Tolerance)
            {
                return $"{factory.Name}, seed {seed}: {at} has {problem.Truth(at)}, below the optimum {problem.Optimum}";
            }
        }

        return null;
    }
}
