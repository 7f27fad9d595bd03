using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Search.Evolution.Cmaes;

/// <summary>What users may set.</summary>
/// <param name="Sigma0">Standard deviation to begin with, in parts of each parameter's range.</param>
/// <param name="Population">Trials a generation, λ; 0 for 4 + 1.5 ln d.</param>
/// <param name="Startup">Trials that spread over the space before the first generation, which starts at the best of them; 0 for one generation's.</param>
/// <param name="Restarts">What happens once it has converged.</param>
/// <param name="Separable">Whether covariances are left out; null for where there are many parameters.</param>
/// <param name="Candidates">Draws of which a surrogate chooses every second trial; 1 for CMA-ES without.</param>
internal sealed record CmaesOptions(
    double Sigma0 = 0.17,
    int Population = 0,
    int Startup = 0,
    RestartStrategy Restarts = RestartStrategy.Bipop,
    bool? Separable = null,
    int Candidates = 16)
{
    private const string Automatic = "auto";

    /// <summary>Reads them.</summary>
    public static CmaesOptions Read(OptionReader options)
    {
        CmaesOptions defaults = new();
        double sigma0 = options.Number("sigma0", defaults.Sigma0, v => v is > 0 and <= 1, "must be above 0 and at most 1 (a part of each parameter's range)");
        int population = PopulationOptions.Read(options, "popsize", least: 4);
        int startup = (int)options.Integer("n_startup_trials", 0, v => v is >= 0 and <= 100_000, "must be a whole number from 0 (one generation's) to 100000");
        string restarts = options.Choice("restart_strategy", "bipop", "bipop", "ipop", "none");
        string separable = options.Choice("separable", Automatic, Automatic, "yes", "no");
        return new(
            sigma0,
            population,
            startup,
            restarts switch { "ipop" => RestartStrategy.Ipop, "none" => RestartStrategy.None, _ => RestartStrategy.Bipop },
            options.Boolean("use_separable_cma", false) || separable == "yes" ? true : separable == "no" ? false : null,
            (int)options.Integer("candidates", defaults.Candidates, v => v is >= 1 and <= 1000, "must be a whole number from 1 (no surrogate) to 1000"));
    }
}

/// <summary>What CMA-ES does once it has converged.</summary>
internal enum RestartStrategy
{
    /// <summary>It goes on where it is.</summary>
    None,

    /// <summary>It starts again with twice the population (A. Auger and N. Hansen, CEC 2005, 1769-1776).</summary>
    Ipop,

    /// <summary>It alternates that with small populations and small steps (N. Hansen, GECCO 2009 companion, 2389-2395).</summary>
    Bipop,
}
