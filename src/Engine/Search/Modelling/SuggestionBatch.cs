using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search.Modelling;

/// <summary>Collects the suggestions of one call and lets none through that was tried, is running or is already in it.</summary>
internal sealed class SuggestionBatch
{
    private const int RandomTries = 64;

    private readonly SearchContext _context;
    private readonly SearchHistory _history;
    private readonly HashSet<Configuration> _taken = [];
    private readonly List<double[]> _running = [];
    private readonly List<Configuration> _suggestions = [];
    private readonly List<string> _reasons = [];

    public SuggestionBatch(SearchContext context, SearchHistory history)
    {
        _context = context;
        _history = history;
        foreach (PendingTrial pending in context.Pending.OrderBy(pending => pending.Trial))
        {
            _taken.Add(pending.Configuration);
            if (history.Axes.Encode(pending.Configuration) is { } unit)
            {
                _running.Add(unit);
            }
        }
    }

    /// <summary>Suggestions so far.</summary>
    public int Count => _suggestions.Count;

    /// <summary>Number of the trial that the next suggestion will be.</summary>
    public int NextTrial => _context.NextTrial + Count;

    /// <summary>Points whose results are not known yet: the running trials by number, then the suggestions so far. Inactive coordinates are NaN.</summary>
    public IReadOnlyList<double[]> Running => _running;

    /// <summary>Whether every configuration of the space was tried, is running or is suggested.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Whether a configuration was tried, is running or is suggested.</summary>
    public bool IsTaken(Configuration configuration) => _taken.Contains(configuration) || _history.Tried.Contains(configuration);

    /// <summary>Suggests the configuration at a point, unless it is taken.</summary>
    /// <param name="unit">Shape [d]; inactive coordinates may be NaN.</param>
    /// <param name="reason">Why, for people.</param>
    /// <returns>False if it is taken; nothing changed then.</returns>
    public bool TryAdd(ReadOnlySpan<double> unit, string reason)
    {
        Configuration configuration = _history.Axes.Decode(unit);
        if (IsTaken(configuration))
        {
            return false;
        }

        _taken.Add(configuration);
        _suggestions.Add(configuration);
        _reasons.Add(reason);
        _running.Add(_history.Axes.Encode(configuration)!);
        return true;
    }

    /// <summary>Suggests a random configuration that is not taken; where chance finds none, the first one of a finite space.</summary>
    /// <param name="random">Stream of the trial.</param>
    /// <param name="reason">Why, for people.</param>
    /// <returns>False if none is left: <see cref="IsExhausted"/> from then on.</returns>
    public bool TryAddRandom(SeededRandom random, string reason)
    {
        double[] unit = new double[_history.Axes.Dimension];
        for (int i = 0; i < RandomTries; i++)
        {
            foreach (ref double coordinate in unit.AsSpan())
            {
                coordinate = random.NextUnit();
            }

            if (TryAdd(unit, reason))
            {
                return true;
            }
        }

        IsExhausted = !TryAddFirstLeft(reason);
        return !IsExhausted;
    }

    /// <summary>The answer of the call.</summary>
    /// <param name="state">What the searcher remembers.</param>
    public SearchStep ToStep(string? state = null) =>
        new([.. _suggestions], state, IsExhausted ? SearchStatus.Exhausted : SearchStatus.Open) { Reasons = [.. _reasons] };

    /// <summary>Walks a finite space; ends after as many steps as there are taken configurations, at the latest.</summary>
    private bool TryAddFirstLeft(string reason)
    {
        if (!_history.Axes.IsFinite)
        {
            // Only a continuous space next to a single value (bounds that are neighbouring doubles) gets here.
            return false;
        }

        GridWalk walk = new(_context.Space);
        do
        {
            if (!IsTaken(walk.Current))
            {
                return TryAdd(_history.Axes.Encode(walk.Current), reason);
            }
        }
        while (walk.MoveNext());

        return false;
    }
}
