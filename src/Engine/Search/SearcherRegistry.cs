using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Search.Auto;
using HpoServerless.Engine.Search.Evolution;
using HpoServerless.Engine.Search.Evolution.Cmaes;
using HpoServerless.Engine.Search.Evolution.De;
using HpoServerless.Engine.Search.Evolution.NelderMead;
using HpoServerless.Engine.Search.Evolution.Nsga2;
using HpoServerless.Engine.Search.Evolution.Pso;
using HpoServerless.Engine.Search.GaussianProcess;
using HpoServerless.Engine.Search.Tpe;
using HpoServerless.Engine.Search.Trees;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>The search algorithms by the names experiment files use. A new algorithm is a searcher and one line here.</summary>
public static class SearcherRegistry
{
    private const string OptionsPath = "hpo_config.algorithm_param";

    private static readonly ImmutableArray<SearcherEntry> Entries =
    [
        new("random", _ => new RandomSearcher()) { Aliases = ["tune"], WalksMarkedGrids = true, MultiObjective = true, Constraints = true },
        new("grid", _ => new GridSearcher()) { WalksMarkedGrids = true, RequireSpace = GridSearcher.RequireSpace, MultiObjective = true, Constraints = true },
        new("sobol", _ => new SobolSearcher()) { RequireSpace = SobolSearcher.RequireSpace, MultiObjective = true, Constraints = true },
        new("halton", _ => new HaltonSearcher()) { MultiObjective = true, Constraints = true },
        new("cmaes", options => new CmaesSearcher(CmaesOptions.Read(options))) { Constraints = true },
        new("gp", options => new GpSearcher(GpOptions.Read(options))) { Aliases = ["bayesian"], Constraints = true },
        new("forest", TreeSearchers.Forest),
        new("gbrt", TreeSearchers.Boosting),
        new("auto", _ => new AutoSearcher()) { MultiObjective = true, Constraints = true },
        new("skopt", SkoptFront.Create) { IsFront = true },
        new("tpe", options => new TpeSearcher(TpeOptions.Read(options))) { Aliases = ["hyperopt"], MultiObjective = true, Constraints = true },
        new("optuna", OptunaFront.Create) { IsFront = true },
        new("etpe", options => new EtpeSearcher(EtpeOptions.Read(options))),
        new("bohb", options => new BohbSearcher(BohbOptions.Read(options))),
        new("de", options => new DeSearcher(DeOptions.Read(options))) { Constraints = true },
        new("pso", options => new PsoSearcher(PsoOptions.Read(options))) { Constraints = true },
        new("oneplusone", OnePlusOneSearcher.Read) { Constraints = true },
        new("nelder-mead", NelderMeadSearcher.Read) { Constraints = true },
        new("regularized-evolution", RegularizedEvolutionSearcher.Read) { Constraints = true },
        new("nsga2", options => new Nsga2Searcher(Nsga2Options.Read(options))) { MultiObjective = true, Constraints = true },
        new("nevergrad", NevergradFront.Create) { IsFront = true },
        new("ax", options => new GpSearcher(GpOptions.ReadAx(options))) { Constraints = true },
    ];

    /// <summary>Every algorithm once, by its own name.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Entries.Where(entry => !entry.IsFront).Select(entry => entry.Name)];

    /// <summary>Other packages' names for algorithms of ours: which one is made depends on the options.</summary>
    public static ImmutableArray<string> Fronts { get; } = [.. Entries.Where(entry => entry.IsFront).Select(entry => entry.Name)];

    /// <summary>Other names that files may use, with the algorithm they mean.</summary>
    public static ImmutableArray<(string Alias, string Name)> Aliases { get; } =
        [.. Entries.SelectMany(entry => entry.Aliases.Select(alias => (alias, entry.Name)))];

    /// <summary>The options of an algorithm, in the order in which it reads them.</summary>
    /// <param name="algorithm">A name or an alias.</param>
    /// <exception cref="InvalidInputException">The algorithm is unknown.</exception>
    public static ImmutableArray<AlgorithmOption> OptionsOf(string algorithm)
    {
        OptionReader options = new(null, OptionsPath);
        Find(algorithm).Create(options);
        return options.Known;
    }

    /// <summary>Makes the searcher a user asked for and checks that it can search the space.</summary>
    /// <param name="algorithm">A name or an alias.</param>
    /// <param name="algorithmParam">Its options as an object; null or JSON's null for none.</param>
    /// <param name="space">The space it will be asked to search.</param>
    /// <exception cref="InvalidInputException">The algorithm or an option is unknown, an option is out of range, or the space marks grid
    /// parameters that the algorithm does not walk; lists all of it.</exception>
    /// <exception cref="UnsupportedSpaceException">The space has parameters that the algorithm cannot search.</exception>
    public static ISearcher Create(string algorithm, JsonElement? algorithmParam, SearchSpace space)
    {
        SearcherEntry entry = Find(algorithm);
        OptionReader options = new(algorithmParam, OptionsPath);
        ISearcher searcher = entry.Create(options);
        options.Done();
        SearcherEntry made = Made(entry, algorithmParam);
        RefuseMarkedGrids(algorithm, made, space);
        made.RequireSpace(space);
        return searcher;
    }

    /// <summary>What an experiment asks for and an algorithm cannot do.</summary>
    /// <param name="algorithm">A name or an alias; of an unknown one nothing is said.</param>
    /// <param name="objectives">Number of metrics that are optimised.</param>
    /// <param name="constraints">Number of constraints.</param>
    /// <param name="algorithmParam">Its options: of a front they decide what is made.</param>
    internal static ImmutableArray<Fault> FaultsOf(string algorithm, int objectives, int constraints, JsonElement? algorithmParam = null)
    {
        if (FindOrNull(algorithm) is not { } named)
        {
            return [];
        }

        SearcherEntry entry = Made(named, algorithmParam);

        List<Fault> faults = [];
        if (objectives > 1 && !entry.MultiObjective)
        {
            faults.Add(new("hpo_config.metrics", null, $"must be a single one with algorithm '{algorithm}': several are for {NamesOf(other => other.MultiObjective)}"));
        }

        if (constraints > 0 && !entry.Constraints)
        {
            faults.Add(new("hpo_config.constraints", null, $"must be left out with algorithm '{algorithm}': they are for {NamesOf(other => other.Constraints)}"));
        }

        return [.. faults];
    }

    /// <summary>The entry of what a front makes; any other entry is its own.</summary>
    private static SearcherEntry Made(SearcherEntry entry, JsonElement? options) => entry.IsFront ? Find(entry.Create(new(options, OptionsPath)).Name) : entry;

    private static SearcherEntry Find(string algorithm) =>
        FindOrNull(algorithm) ?? throw new InvalidInputException(new Fault("hpo_config.algorithm", JsonSerializer.Serialize(algorithm), $"must be one of {NamesOf(_ => true)}"));

    private static SearcherEntry? FindOrNull(string algorithm) =>
        Entries.FirstOrDefault(entry => entry.Name == algorithm || entry.Aliases.Contains(algorithm, StringComparer.Ordinal));

    private static string NamesOf(Func<SearcherEntry, bool> predicate) =>
        string.Join(", ", Entries.Where(predicate).SelectMany(entry => entry.Aliases.Prepend(entry.Name)));

    private static void RefuseMarkedGrids(string algorithm, SearcherEntry entry, SearchSpace space)
    {
        if (entry.WalksMarkedGrids)
        {
            return;
        }

        string walkers = NamesOf(other => other.WalksMarkedGrids);
        ImmutableArray<Fault> faults =
        [
            .. space.Parameters.OfType<CategoricalParameter>().Where(parameter => parameter.GridSearch)
                .Select(parameter => new Fault($"search_space.{parameter.Name}.grid_search", "1", $"must be 0 with algorithm '{algorithm}': only {walkers} walk grids")),
        ];
        if (faults.Length > 0)
        {
            throw new InvalidInputException(faults);
        }
    }
}
