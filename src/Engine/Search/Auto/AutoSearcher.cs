using HpoServerless.Engine.Search.Evolution.Cmaes;
using HpoServerless.Engine.Search.Evolution.Nsga2;
using HpoServerless.Engine.Search.GaussianProcess;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Search.Tpe;

namespace HpoServerless.Engine.Search.Auto;

/// <summary>Chooses the algorithm by what is searched, trial by trial: the one to take if in doubt.</summary>
/// <remarks>
/// <para>Which algorithm suggests trial n is a function of the context, the number n and the state; each suggestion's reason says which and why:</para>
/// <list type="bullet">
///   <item>several objectives: <see cref="Nsga2Searcher"/>;</item>
///   <item>more than <see cref="Situation.MostForModels"/> parameters, or trials that are over sooner than a model is fitted (from 100 results on):
///   <see cref="CmaesSearcher"/> where parameters are numeric, else <see cref="TpeSearcher"/>;</item>
///   <item>else <see cref="GpSearcher"/>, with these turns:</item>
///   <item>where all parameters are discrete and numeric, every other trial is for <see cref="CmaesSearcher"/> once the first are known;</item>
///   <item>where a choice decides which parameters there are, every third trial goes into one of the parts that do not hold the best result (<see cref="Branches"/>);</item>
///   <item>where the best values are nearly equal (<see cref="Convergence"/>), every fourth trial goes straight down (<see cref="LocalStep"/>);</item>
///   <item>where the search has settled, three of four trials go to a search that begins anew (<see cref="Restart"/>), or into the other
///   parts; the fourth polishes the best or follows the whole history;</item>
///   <item>the last twentieth of a known number of trials polishes, if there is anything to polish.</item>
/// </list>
/// <para>
/// State: the number of the last restart and the states of the algorithms. Cost: that of the algorithms; what auto itself does is O(d n log n).
/// </para>
/// <para>
/// Sources: R. Martí, "Multi-start methods", Handbook of Metaheuristics, 2003, for beginning anew; L. Meunier et al., "Black-box optimization
/// revisited", IEEE Trans. Evol. Comput. 26 (2022), for choosing by features of the space. Departure: no ranks of a benchmark decide, only
/// kinds, counts and convergence.
/// </para>
/// </remarks>
internal sealed class AutoSearcher : ISearcher
{
    private readonly HistoryMemo _memo = new();
    private readonly Dictionary<string, ISearcher> _searchers = [];
    private readonly Lock _lock = new();
    private Branches? _branches;

    /// <inheritdoc/>
    public string Name => "auto";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            AutoCall call = new(context, _memo.Read(context), AutoState.Parse(context.State), BranchesOf(context));
            while (call.Count < count && call.Status == SearchStatus.Open)
            {
                SuggestNext(call, count);
            }

            return call.ToStep();
        }
    }

    private Branches BranchesOf(SearchContext context)
    {
        if (_branches is null || !ReferenceEquals(_branches.Space, context.Space))
        {
            _branches = Branches.Of(context.Space);
            _searchers.Clear();
        }

        return _branches;
    }

    private void SuggestNext(AutoCall call, int count)
    {
        Situation situation = call.Situation;
        int trial = call.NextTrial;
        if (situation.Objectives > 1)
        {
            call.Ask(Of("nsga2", () => new Nsga2Searcher(new())), "nsga2", count - call.Count, $"nsga2, because there are {situation.Objectives} objectives");
        }
        else if (situation.Parameters > Situation.MostForModels || situation.IsFast)
        {
            string why = situation.IsFast ? "trials are over before a model could be fitted" : $"there are {situation.Kinds}";
            if (situation.Categorical == 0)
            {
                call.Ask(Of("cmaes", () => new CmaesSearcher()), "cmaes", count - call.Count, $"cmaes, because {why}");
            }
            else
            {
                call.Ask(Of("tpe", () => new TpeSearcher(new())), "tpe", count - call.Count, $"tpe, because {why}");
            }
        }
        else if (call.TurnOf(trial) == AutoTurn.Steps)
        {
            call.Ask(Of("cmaes", () => new CmaesSearcher()), "cmaes", 1, "cmaes, because all parameters are discrete and numeric: cliffs mislead a model");
        }
        else if (!TryTurn(call, trial))
        {
            int run = 1;
            while (call.Count + run < count && call.TurnOf(trial + run) == AutoTurn.Whole)
            {
                run++;
            }

            call.Ask(Model("gp"), "gp", run, $"gp, because there are {situation.Kinds}");
        }
    }

    /// <summary>Suggests a trial that is not the whole model's turn.</summary>
    private bool TryTurn(AutoCall call, int trial) => call.TurnOf(trial) switch
    {
        AutoTurn.Branch => call.TryAskBranch(part => Model("gp-" + part)),
        AutoTurn.Restart => call.TryAskRestart(Model("gp-restart")),
        AutoTurn.Polish => call.TryPolish(),
        _ => false,
    };

    private ISearcher Model(string role) => Of(role, () => new GpSearcher());

    private ISearcher Of(string role, Func<ISearcher> make)
    {
        if (!_searchers.TryGetValue(role, out ISearcher? searcher))
        {
            _searchers[role] = searcher = make();
        }

        return searcher;
    }
}
