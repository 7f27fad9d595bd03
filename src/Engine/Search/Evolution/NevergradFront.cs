using System.Collections.Immutable;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Search.Auto;
using HpoServerless.Engine.Search.Evolution.Cmaes;
using HpoServerless.Engine.Search.Evolution.De;
using HpoServerless.Engine.Search.Evolution.NelderMead;
using HpoServerless.Engine.Search.Evolution.Pso;

namespace HpoServerless.Engine.Search.Evolution;

/// <summary>Nevergrad's optimizers by the names that it and hpogrid's files use for them, as algorithms of ours.</summary>
/// <remarks>The other options are those of the algorithm that the method names.</remarks>
internal static class NevergradFront
{
    private static readonly ImmutableArray<(string Method, Func<OptionReader, ISearcher> Create)> Methods =
    [
        ("RandomSearch", _ => new RandomSearcher()),
        ("NGOpt", _ => new AutoSearcher()),
        ("CMA", options => new CmaesSearcher(CmaesOptions.Read(options))),
        ("DiagonalCMA", options => new CmaesSearcher(CmaesOptions.Read(options) with { Separable = true })),
        ("DE", options => new DeSearcher(DeOptions.Read(options))),
        ("TwoPointsDE", options => new DeSearcher(DeOptions.Read(options))),
        ("PSO", options => new PsoSearcher(PsoOptions.Read(options))),
        ("RealSpacePSO", options => new PsoSearcher(PsoOptions.Read(options))),
        ("OnePlusOne", OnePlusOneSearcher.Read),
        ("DiscreteOnePlusOne", OnePlusOneSearcher.Read),
        ("NelderMead", NelderMeadSearcher.Read),
        ("HaltonSearch", _ => new HaltonSearcher()),
        ("ScrHaltonSearch", _ => new HaltonSearcher()),
        ("HammersleySearch", _ => new HaltonSearcher()),
        ("ScrHammersleySearch", _ => new HaltonSearcher()),
    ];

    /// <summary>Makes the searcher that option <c>method</c> names; random search where there is none, as hpogrid does.</summary>
    public static ISearcher Create(OptionReader options)
    {
        string method = options.Choice("method", Methods[0].Method, [.. Methods.Select(entry => entry.Method)]);
        return Methods.First(entry => entry.Method == method).Create(options);
    }
}
