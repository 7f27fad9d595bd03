using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Search.MultiObjective;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>The observations of a history from the best to the worst where several objectives count.</summary>
/// <remarks>
/// By the front that dominates fewest (Y. Ozaki, Y. Tanigaki, S. Watanabe, M. Onishi, "Multiobjective tree-structured Parzen estimator for
/// computationally expensive optimization problems", GECCO 2020, section 3.1), and within a front greedily: next is the point that adds most
/// hypervolume to those before it, so that weights by rank stand for the paper's weights by hypervolume. Only as many are put into that order as can be good. Violations of constraints count before objectives; trials
/// that were stopped early come after finished ones, failed ones last. Cost: O(m n²) at worst when something new arrived, else nothing.
/// </remarks>
internal sealed class FrontRanking
{
    private const int MostOrdered = 2 * TpeSplit.MostGood;

    private SearchHistory? _history;
    private int _seen = -1;
    private EvaluatedPoint[] _ranked = [];

    /// <summary>All observations of this history, best first.</summary>
    public IReadOnlyList<EvaluatedPoint> Read(SearchHistory history, int objectives)
    {
        if (!ReferenceEquals(history, _history) || _seen != history.Arrived.Count)
        {
            (_history, _seen) = (history, history.Arrived.Count);
            ILookup<bool, EvaluatedPoint> byCompleteness = history.ByTrial.ToLookup(point => IsComplete(point.Observation, objectives));
            IEnumerable<EvaluatedPoint> others = byCompleteness[false].Order(Ranking.Comparer.Instance);
            _ranked = [.. Order([.. byCompleteness[true]]), .. others];
        }

        return _ranked;
    }

    private static bool IsComplete(Observation observation, int objectives) =>
        observation is { Value: not null, IsPartial: false, Objectives: { IsDefault: false } values } && values.Length == objectives;

    private static List<EvaluatedPoint> Order(EvaluatedPoint[] points)
    {
        double[][] objectives = [.. points.Select(point => point.Observation.Objectives.ToArray())];
        int[] ranks = ParetoFront.Ranks(objectives, [.. points.Select(point => point.Observation.Violation)]);
        int[] order = [.. Enumerable.Range(0, points.Length).OrderBy(i => ranks[i])];
        List<EvaluatedPoint> ordered = [];
        foreach (IGrouping<int, int> front in order.GroupBy(i => ranks[i]))
        {
            int[] members = [.. front];
            IEnumerable<int> sorted = ordered.Count < MostOrdered && members.Length > 1 ? Greedy(objectives, members, MostOrdered - ordered.Count) : members;
            ordered.AddRange(sorted.Select(i => points[i]));
        }

        return ordered;
    }

    /// <summary>The members of a front, those first that add most hypervolume to the ones before them; what is left in its order.</summary>
    /// <remarks>A gain never grows while others are chosen, so only the best of the gains known so far has to be computed again.</remarks>
    private static List<int> Greedy(double[][] objectives, int[] members, int most)
    {
        double[] reference = Reference(objectives, members);
        List<double[]> chosen = [];
        List<int> order = [];
        double volume = 0;
        PriorityQueue<int, (double Loss, int Member)> gains = new();
        foreach (int member in members)
        {
            gains.Enqueue(member, (-Hypervolume.Of([objectives[member]], reference), member));
        }

        while (order.Count < most && gains.TryDequeue(out int member, out _))
        {
            double with = Hypervolume.Of([.. chosen, objectives[member]], reference);
            (double, int) priority = (volume - with, member);
            if (gains.TryPeek(out _, out (double Loss, int Member) next) && next.CompareTo(priority) < 0)
            {
                gains.Enqueue(member, priority);
                continue;
            }

            chosen.Add(objectives[member]);
            order.Add(member);
            volume = with;
        }

        order.AddRange(members.Except(order));
        return order;
    }

    /// <summary>A point that all members dominate, by a tenth of their range.</summary>
    private static double[] Reference(double[][] objectives, int[] members)
    {
        double[] reference = new double[objectives[members[0]].Length];
        for (int i = 0; i < reference.Length; i++)
        {
            double low = members.Min(member => objectives[member][i]);
            double high = members.Max(member => objectives[member][i]);
            reference[i] = high + Math.Max(0.1 * (high - low), 1e-9 * Math.Max(1, Math.Abs(high)));
        }

        return reference;
    }
}
