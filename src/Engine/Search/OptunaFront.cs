using System.Collections.Immutable;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Search.Evolution.Cmaes;
using HpoServerless.Engine.Search.Evolution.Nsga2;
using HpoServerless.Engine.Search.GaussianProcess;
using HpoServerless.Engine.Search.Tpe;

namespace HpoServerless.Engine.Search;

/// <summary>Optuna's samplers by their names, as algorithms of ours.</summary>
/// <remarks>The other options are those of the algorithm that the sampler names.</remarks>
internal static class OptunaFront
{
    private static readonly ImmutableArray<(string Sampler, Func<OptionReader, ISearcher> Create)> Samplers =
    [
        ("tpe", options => new TpeSearcher(TpeOptions.Read(options))),
        ("random", _ => new RandomSearcher()),
        ("cmaes", options => new CmaesSearcher(CmaesOptions.Read(options))),
        ("gp", options => new GpSearcher(GpOptions.Read(options))),
        ("nsga2", options => new Nsga2Searcher(Nsga2Options.Read(options))),
        ("grid", _ => new GridSearcher()),
        ("qmc", _ => new SobolSearcher()),
    ];

    /// <summary>Makes the searcher that option <c>sampler</c> names; the tree-structured Parzen estimator where there is none, as Optuna does.</summary>
    public static ISearcher Create(OptionReader options)
    {
        string sampler = options.Choice("sampler", Samplers[0].Sampler, [.. Samplers.Select(entry => entry.Sampler)]);
        return Samplers.First(entry => entry.Sampler == sampler).Create(options);
    }
}
