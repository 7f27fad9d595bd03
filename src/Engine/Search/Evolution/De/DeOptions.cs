using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Search.Evolution.De;

/// <summary>What users may set.</summary>
/// <param name="Strategy">How a challenger is made.</param>
/// <param name="Population">Members, NP; 0 for the algorithm's choice.</param>
/// <param name="F">Factor of differences; null to learn it.</param>
/// <param name="Cr">Probability that a coordinate is taken from the mutant; null to learn it.</param>
internal sealed record DeOptions(DeStrategy Strategy = DeStrategy.CurrentToPBest, int Population = 0, double? F = null, double? Cr = null)
{
    /// <summary>Reads them.</summary>
    public static DeOptions Read(OptionReader options)
    {
        string strategy = options.Choice("strategy", "current-to-pbest/1/bin", "current-to-pbest/1/bin", "rand/1/bin", "best/1/bin", "rand/2/bin", "best/2/bin");
        int population = PopulationOptions.Read(options, "popsize", least: 4);
        double f = options.Number("mutation", 0, v => v is >= 0 and <= 2, "must be from 0 to 2; 0 means that it is learnt");
        double cr = options.Number("recombination", -1, v => v is -1 or (>= 0 and <= 1), "must be from 0 to 1, or -1 for that it is learnt");
        return new(
            strategy switch
            {
                "rand/1/bin" => DeStrategy.Rand1,
                "best/1/bin" => DeStrategy.Best1,
                "rand/2/bin" => DeStrategy.Rand2,
                "best/2/bin" => DeStrategy.Best2,
                _ => DeStrategy.CurrentToPBest,
            },
            population,
            f == 0 ? null : f,
            cr < 0 ? null : cr);
    }
}

/// <summary>How differential evolution makes a mutant.</summary>
internal enum DeStrategy
{
    /// <summary>From the member on its way to one of the best, plus a difference (JADE).</summary>
    CurrentToPBest,

    /// <summary>From a random member, plus a difference.</summary>
    Rand1,

    /// <summary>From the best member, plus a difference.</summary>
    Best1,

    /// <summary>From a random member, plus two differences.</summary>
    Rand2,

    /// <summary>From the best member, plus two differences.</summary>
    Best2,
}
