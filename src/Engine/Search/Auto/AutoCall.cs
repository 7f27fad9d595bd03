using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search.Auto;

/// <summary>One call of <see cref="AutoSearcher"/>: whose turn each trial is, and what was suggested so far.</summary>
internal sealed class AutoCall
{
    private const int BranchPeriod = 3;
    private const int SettledPeriod = 4;
    private const int FewestResults = 10;

    private readonly SearchHistory _history;
    private readonly AutoState _state;
    private readonly Branches _branches;
    private readonly bool _isNear;
    private readonly bool _isSettled;
    private readonly List<PendingTrial> _running;
    private readonly List<Configuration> _suggestions = [];
    private readonly List<string> _reasons = [];
    private readonly SearchContext _context;

    public AutoCall(SearchContext context, SearchHistory history, AutoState state, Branches branches)
    {
        (_context, _history, _state, _branches) = (context, history, state, branches);
        _running = [.. context.Pending];
        Situation = Situation.Of(context, history, state);
        if (Situation.Objectives > 1)
        {
            return;
        }

        int parameters = Situation.Parameters;
        _isNear = Convergence.IsNear(history.ByTrial, parameters);
        _isSettled = state.Since > 0 || Convergence.IsThere(history.ByTrial, parameters);
        if (_isSettled && !Situation.IsFinite && branches.Parts.IsEmpty)
        {
            Restart running = new(state.Since, state.Restarts);
            int left = (context.TotalTrials ?? int.MaxValue) - context.NextTrial;
            if (left < FewestResults + (2 * parameters))
            {
                return;
            }

            if (state.Since == 0 || Convergence.IsThere(history.ByTrial.Where(point => running.Owns(point.Trial)), parameters))
            {
                state.Since = context.NextTrial;
                state.Restarts++;
                state.Searchers.Remove("restart");
            }
        }
    }

    /// <summary>What is searched.</summary>
    public Situation Situation { get; }

    /// <summary>Suggestions so far.</summary>
    public int Count => _suggestions.Count;

    /// <summary>Number of the next one.</summary>
    public int NextTrial => _context.NextTrial + Count;

    /// <summary>Whether there is more to suggest.</summary>
    public SearchStatus Status { get; private set; }

    private SearchContext Now => _context with { NextTrial = NextTrial, Pending = _running };

    /// <summary>Whose turn a trial is.</summary>
    public AutoTurn TurnOf(int trial)
    {
        if (_isNear && _context.TotalTrials is { } total && trial > total - Math.Max(3, total / 20))
        {
            return AutoTurn.Polish;
        }

        if (!_branches.Parts.IsEmpty && Situation.Results >= FewestResults + Situation.Parameters
            && (_isSettled ? trial % SettledPeriod != 0 : trial % BranchPeriod == 0))
        {
            return AutoTurn.Branch;
        }

        if (Situation.IsFinite && Situation.Categorical == 0)
        {
            return Situation.Results >= FewestResults && trial % 2 == 0 ? AutoTurn.Steps : AutoTurn.Whole;
        }

        if (_state.Since > 0)
        {
            return new Restart(_state.Since, _state.Restarts).Owns(trial) ? AutoTurn.Restart
                : trial / SettledPeriod % 2 == 0 ? AutoTurn.Polish : AutoTurn.Whole;
        }

        return _isNear && trial % SettledPeriod == 0 ? AutoTurn.Polish : AutoTurn.Whole;
    }

    /// <summary>Takes suggestions of an algorithm that sees the whole experiment.</summary>
    public void Ask(ISearcher searcher, string role, int count, string why)
    {
        SearchStep step = searcher.Suggest(Now with { State = _state.Searchers.GetValueOrDefault(role) }, count);
        Keep(role, step);
        Status = step.Status;
        for (int i = 0; i < step.Suggestions.Length; i++)
        {
            Add(step.Suggestions[i], step.Reasons.IsEmpty ? why : $"{why}: {step.Reasons[i]}");
        }
    }

    /// <summary>Takes a suggestion for one of the parts that do not hold the best result and are still worth a look.</summary>
    /// <param name="model">Makes the model of a part.</param>
    /// <returns>False if there is none.</returns>
    public bool TryAskBranch(Func<int, ISearcher> model)
    {
        EvaluatedPoint? best = _history.ByTrial.Where(LocalStep.Counts).MinBy(point => point.Value);
        int[] others =
        [
            .. Enumerable.Range(0, _branches.Parts.Length).Where(part =>
            {
                SearchSpace space = _branches.Parts[part].Space;
                return best is not null && !space.Contains(best.Observation.Configuration)
                    && !Convergence.IsThere(_history.ByTrial.Where(point => Choice(point).Equals(_branches.Parts[part].Value)), space.Dimension);
            }),
        ];
        if (others.Length == 0)
        {
            return false;
        }

        int chosen = others[(_isSettled ? NextTrial - (NextTrial / SettledPeriod) : NextTrial / BranchPeriod) % others.Length];
        string role = $"part {chosen}";
        (ParameterValue value, SearchSpace space) = _branches.Parts[chosen];
        SearchStep step = model(chosen).Suggest(Now with { Space = space, State = _state.Searchers.GetValueOrDefault(role) }, 1);
        Keep(role, step);
        return TryAdd(step, $"gp where {_branches.Choice} is {value}, because the best results have another");
    }

    /// <summary>Takes a suggestion of the search that began anew.</summary>
    /// <returns>False if it has none that is new.</returns>
    public bool TryAskRestart(ISearcher model)
    {
        SearchContext view = new Restart(_state.Since, _state.Restarts).View(Now, NextTrial, _state.Searchers.GetValueOrDefault("restart"));
        SearchStep step = model.Suggest(view, 1);
        Keep("restart", step);
        return TryAdd(step, $"gp that began anew at trial {_state.Since}, because the search before has settled");
    }

    /// <summary>Suggests the way straight down.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryPolish()
    {
        SuggestionBatch batch = new(Now, _history);
        return LocalStep.TryAdd(batch, _history, SeededRandom.For(_context.Seed, "auto", NextTrial), "lowest point of a parabola")
            && TryAdd(batch.ToStep(), "polish, because the best results are nearly equal");
    }

    /// <summary>The answer.</summary>
    public SearchStep ToStep() => new([.. _suggestions], _state.ToJson(), Status) { Reasons = [.. _reasons] };

    private ParameterValue Choice(EvaluatedPoint point) => point.Observation.Configuration[_branches.Choice];

    private bool TryAdd(SearchStep step, string why)
    {
        if (step.Suggestions.IsEmpty || _history.Tried.Contains(step.Suggestions[0]) || _running.Exists(running => running.Configuration.Equals(step.Suggestions[0])))
        {
            return false;
        }

        Add(step.Suggestions[0], step.Reasons.IsEmpty ? why : $"{why}: {step.Reasons[0]}");
        return true;
    }

    private void Add(Configuration configuration, string reason)
    {
        _running.Add(new(NextTrial, configuration));
        _suggestions.Add(configuration);
        _reasons.Add(reason);
    }

    private void Keep(string role, SearchStep step)
    {
        if (step.State is not null)
        {
            _state.Searchers[role] = step.State;
        }
    }
}
