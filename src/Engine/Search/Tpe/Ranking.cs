using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>The observations of a history from the best to the worst, kept sorted while the history grows.</summary>
/// <remarks>
/// Order: what meets the constraints before what does not, less violation first; among those that meet them, finished trials by value, then
/// partial ones, the furthest first and then by value; failed ones last; ties by trial. A total order, so the order of arrival does not matter.
/// Cost: O(log n) comparisons and the move of at most n references for each new observation.
/// </remarks>
internal sealed class Ranking
{
    private readonly List<EvaluatedPoint> _points = [];
    private SearchHistory? _history;
    private int _seen;

    /// <summary>How many of the observations have a value.</summary>
    public int Succeeded { get; private set; }

    /// <summary>All observations of this history, best first.</summary>
    public IReadOnlyList<EvaluatedPoint> Read(SearchHistory history)
    {
        if (!ReferenceEquals(history, _history))
        {
            _history = history;
            _points.Clear();
            _seen = 0;
            Succeeded = 0;
        }

        for (; _seen < history.Arrived.Count; _seen++)
        {
            EvaluatedPoint point = history.Arrived[_seen];
            Succeeded += point.Value is null ? 0 : 1;
            int at = _points.BinarySearch(point, Comparer.Instance);
            _points.Insert(at < 0 ? ~at : at, point);
        }

        return _points;
    }

    /// <summary>The order, for other places that sort.</summary>
    internal sealed class Comparer : IComparer<EvaluatedPoint>
    {
        public static readonly Comparer Instance = new();

        public int Compare(EvaluatedPoint? x, EvaluatedPoint? y)
        {
            Observation a = x!.Observation;
            Observation b = y!.Observation;
            int order = Class(a).CompareTo(Class(b));
            if (order == 0)
            {
                order = a.Violation.CompareTo(b.Violation);
            }

            if (order == 0 && a.IsPartial)
            {
                order = b.Step.CompareTo(a.Step);
            }

            if (order == 0)
            {
                order = Nullable.Compare(a.Value, b.Value);
            }

            return order != 0 ? order : a.Trial.CompareTo(b.Trial);
        }

        private static int Class(Observation observation) =>
            observation.Value is null ? 3 : observation.Violation > 0 ? 2 : observation.IsPartial ? 1 : 0;
    }
}
