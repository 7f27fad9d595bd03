using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search.Modelling;

/// <summary>The observations of an experiment as points of the unit cube, sorted by trial so that the order of arrival cannot matter.</summary>
/// <remarks>
/// A function of space and observations alone, kept between calls only to save the time of encoding them again: O(d) for each new one.
/// Belongs to one searcher and is not thread-safe: see <see cref="HistoryMemo"/>.
/// </remarks>
internal sealed class SearchHistory(SpaceAxes axes)
{
    private readonly List<EvaluatedPoint> _byTrial = [];
    private readonly List<EvaluatedPoint> _arrived = [];
    private readonly HashSet<Configuration> _tried = [];

    /// <summary>Axes of the space.</summary>
    public SpaceAxes Axes { get; } = axes;

    /// <summary>All observations by ascending trial.</summary>
    public IReadOnlyList<EvaluatedPoint> ByTrial => _byTrial;

    /// <summary>
    /// The same in the order in which they became known; grows at its end, so that what was computed from its beginning can be extended.
    /// What is computed must not depend on that order.
    /// </summary>
    public IReadOnlyList<EvaluatedPoint> Arrived => _arrived;

    /// <summary>Every configuration that was tried.</summary>
    public IReadOnlySet<Configuration> Tried => _tried;

    /// <summary>Takes in one more observation; one that lies outside the space (of an earlier experiment) is left out.</summary>
    public void Add(Observation observation)
    {
        if (Axes.Encode(observation.Configuration) is not { } unit)
        {
            return;
        }

        EvaluatedPoint point = new(observation, unit);
        int at = _byTrial.Count;
        while (at > 0 && _byTrial[at - 1].Trial > point.Trial)
        {
            at--;
        }

        _byTrial.Insert(at, point);
        _arrived.Add(point);
        _tried.Add(observation.Configuration);
    }
}

/// <summary>Keeps the history of the last call, and extends it where the observations merely continue that call's.</summary>
internal sealed class HistoryMemo
{
    private SearchHistory? _history;
    private AppendOnlyList<Observation> _seen = [];

    /// <summary>The history of this context. The caller holds a lock for as long as it uses it.</summary>
    /// <returns>The same object as in the last call if it was extended, another one if it had to be built anew.</returns>
    public SearchHistory Read(SearchContext context)
    {
        AppendOnlyList<Observation>? list = context.Observations as AppendOnlyList<Observation>;
        if (_history is null || !ReferenceEquals(_history.Axes.Space, context.Space) || list is null || !_seen.IsContinuedBy(list))
        {
            SpaceAxes axes = _history is { } last && ReferenceEquals(last.Axes.Space, context.Space) ? last.Axes : new(context.Space);
            _history = new(axes);
            _seen = [];
        }

        for (int i = _seen.Count; i < context.Observations.Count; i++)
        {
            _history.Add(context.Observations[i]);
        }

        _seen = list ?? [];
        return _history;
    }
}
