namespace HpoServerless.Engine.Search.Modelling;

/// <summary>What an algorithm has learnt: a fold over the observations by ascending trial, kept between calls only to save time.</summary>
/// <typeparam name="TState">What is learnt; must never change once made.</typeparam>
/// <param name="start">What is known before any observation, for the axes of a space and a seed.</param>
/// <param name="step">Takes in one more observation.</param>
/// <remarks>
/// The order of arrival cannot matter, because the fold goes by trial: an observation that arrives after ones of later trials takes its
/// place among them, and the fold is taken back to that place. The last <see cref="Kept"/> states and every <see cref="Kept"/>-th one are
/// remembered, so a straggler costs as many steps as there are later trials, and the usual call one step for each new observation. Belongs
/// to one searcher and is not thread-safe, like <see cref="HistoryMemo"/>.
/// </remarks>
internal sealed class TrialFold<TState>(Func<SpaceAxes, ulong, TState> start, Func<TState, EvaluatedPoint, TState> step)
    where TState : class
{
    /// <summary>How many states are remembered one by one.</summary>
    public const int Kept = 256;

    /// <summary>State i is the fold of the first i points; null where it was forgotten.</summary>
    private readonly List<TState?> _states = [];
    private SearchHistory? _history;
    private ulong _seed;
    private int _arrived;

    /// <summary>The fold of all observations of a history.</summary>
    public TState Read(SearchHistory history, ulong seed)
    {
        if (!ReferenceEquals(_history, history) || _seed != seed)
        {
            (_history, _seed, _arrived) = (history, seed, 0);
            _states.Clear();
            _states.Add(start(history.Axes, seed));
        }

        GoBackTo(FirstThatMoved(history));
        _arrived = history.Arrived.Count;
        for (int i = _states.Count - 1; i < history.ByTrial.Count; i++)
        {
            _states.Add(step(_states[i]!, history.ByTrial[i]));
            int old = i + 1 - Kept;
            if (old > 0 && old % Kept != 0)
            {
                _states[old] = null;
            }
        }

        return _states[^1]!;
    }

    /// <summary>How many points by trial stand before everything that arrived since the last call.</summary>
    private int FirstThatMoved(SearchHistory history)
    {
        int first = _states.Count - 1;
        for (int i = _arrived; i < history.Arrived.Count; i++)
        {
            int trial = history.Arrived[i].Trial;
            while (first > 0 && history.ByTrial[first - 1].Trial >= trial)
            {
                first--;
            }
        }

        return first;
    }

    private void GoBackTo(int count)
    {
        while (_states[count] is null)
        {
            count--;
        }

        _states.RemoveRange(count + 1, _states.Count - count - 1);
    }
}
