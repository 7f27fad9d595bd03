using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.Evolution.Cmaes;

/// <summary>One run of CMA-ES between restarts.</summary>
/// <param name="Number">0 for the first.</param>
/// <param name="Population">λ.</param>
/// <param name="Sigma">Step size to begin with.</param>
internal sealed record CmaesRun(int Number, int Population, double Sigma)
{
    private const int MostDoublings = 10;

    /// <summary>Whether it is one of BIPOP's small ones.</summary>
    public bool IsSmall { get; private init; }

    private int Doublings { get; init; }

    /// <summary>Trials that large restarts and small runs have used.</summary>
    private (long Large, long Small) Spent { get; init; }

    public static CmaesRun First(int population, double sigma) => new(0, population, sigma);

    /// <summary>The run after this one.</summary>
    /// <param name="plan">The search.</param>
    /// <param name="generations">Generations that this run took.</param>
    /// <remarks>BIPOP: whichever regime has used fewer trials is next; the first run counts for neither.</remarks>
    public CmaesRun Next(CmaesPlan plan, int generations)
    {
        long used = Number == 0 ? 0 : (long)generations * Population;
        (long large, long small) = IsSmall ? (Spent.Large, Spent.Small + used) : (Spent.Large + used, Spent.Small);
        if (plan.Options.Restarts == RestartStrategy.Bipop && Number > 0 && small < large)
        {
            SeededRandom random = SeededRandom.For(plan.Seed, "cmaes-run", Number);
            double u = random.NextUnit();
            int population = Math.Max(4, (int)(plan.Population * Math.Pow(0.5 * (1 << Doublings), u * u)));
            double sigma = plan.Options.Sigma0 * Math.Pow(10, -2 * random.NextUnit());
            return new(Number + 1, population, sigma) { IsSmall = true, Doublings = Doublings, Spent = (large, small) };
        }

        int doublings = Math.Min(Doublings + 1, MostDoublings);
        return new(Number + 1, plan.Population << doublings, plan.Options.Sigma0) { Doublings = doublings, Spent = (large, small) };
    }
}
