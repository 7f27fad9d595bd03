using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Search.Evolution.Nsga2;

/// <summary>What users may set.</summary>
/// <param name="Population">Parents, and children a generation.</param>
/// <param name="Crossover">Probability that a child has two parents.</param>
/// <param name="Mutation">Probability that a parameter of a child is changed; null for 1/d.</param>
/// <param name="CrossoverEta">How close children stay to their parents (η_c of SBX).</param>
/// <param name="MutationEta">How small changes are (η_m of polynomial mutation).</param>
internal sealed record Nsga2Options(int Population = 20, double Crossover = 0.9, double? Mutation = null, double CrossoverEta = 5, double MutationEta = 15)
{
    /// <summary>Reads them.</summary>
    public static Nsga2Options Read(OptionReader options)
    {
        Nsga2Options defaults = new();
        int population = PopulationOptions.Read(options, "popsize", least: 4);
        double crossover = options.Number("crossover_prob", defaults.Crossover, v => v is >= 0 and <= 1, "must be from 0 to 1");
        double mutation = options.Number("mutation_prob", -1, v => v is -1 or (>= 0 and <= 1), "must be from 0 to 1, or -1 for one parameter a child");
        return new(
            population > 0 ? population : defaults.Population,
            crossover,
            mutation < 0 ? null : mutation,
            options.Number("crossover_eta", defaults.CrossoverEta, v => v is >= 0 and <= 1000, "must be from 0 to 1000"),
            options.Number("mutation_eta", defaults.MutationEta, v => v is >= 0 and <= 1000, "must be from 0 to 1000"));
    }
}
