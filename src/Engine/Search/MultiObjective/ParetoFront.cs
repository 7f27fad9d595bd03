namespace HpoServerless.Engine.Search.MultiObjective;

/// <summary>Which of several points are better where objectives conflict. All objectives are minimised.</summary>
/// <remarks>
/// One point dominates another if it is nowhere worse and somewhere better. Sources: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and
/// elitist multiobjective genetic algorithm: NSGA-II", IEEE Trans. Evol. Comput. 6 (2002) 182-197, for ranks, crowding and constrained
/// domination; M. T. Jensen, IEEE Trans. Evol. Comput. 7 (2003) 503-515, for ranks of two objectives in O(n log n); X. Zhang, Y. Tian, R. Cheng,
/// Y. Jin, IEEE Trans. Evol. Comput. 19 (2015) 201-213 (ENS-SS), for more.
/// </remarks>
internal static class ParetoFront
{
    /// <summary>Whether a point is nowhere worse than another and somewhere better.</summary>
    /// <param name="a">Objectives; shape [m].</param>
    /// <param name="b">Objectives; shape [m].</param>
    public static bool Dominates(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        bool better = false;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] > b[i])
            {
                return false;
            }

            better |= a[i] < b[i];
        }

        return better;
    }

    /// <summary>The front that each point belongs to: 0 for those that none dominates, 1 for those that only points of front 0 dominate, and so on.</summary>
    /// <param name="points">Objectives; shape [n][m], no NaN. Equal points have equal ranks.</param>
    /// <returns>Shape [n]. O(n log n) for up to two objectives, else O(m n²) at worst.</returns>
    public static int[] Ranks(IReadOnlyList<double[]> points)
    {
        int[] order = [.. Enumerable.Range(0, points.Count)];
        Array.Sort(order, (a, b) => Lexicographic(points[a], points[b]) is var sign && sign != 0 ? sign : a.CompareTo(b));
        int[] ranks = new int[points.Count];
        List<List<int>> fronts = [];
        for (int i = 0; i < order.Length; i++)
        {
            int point = order[i];
            if (i > 0 && Lexicographic(points[order[i - 1]], points[point]) == 0)
            {
                ranks[point] = ranks[order[i - 1]];
                continue;
            }

            int front = points[point].Length <= 2 ? FirstFrontByLast(fronts, points, point) : FirstFrontByAll(fronts, points, point);
            if (front == fronts.Count)
            {
                fronts.Add([]);
            }

            fronts[front].Add(point);
            ranks[point] = front;
        }

        return ranks;
    }

    /// <summary>Ranks under constraints (Deb et al., section VI): a point without violation is better than one with, and of two that violate, the one that does so less.</summary>
    /// <param name="points">Objectives; shape [n][m], no NaN.</param>
    /// <param name="violations">How much each violates its constraints, 0 or more; shape [n].</param>
    /// <returns>Shape [n].</returns>
    public static int[] Ranks(IReadOnlyList<double[]> points, IReadOnlyList<double> violations)
    {
        int[] feasible = [.. Enumerable.Range(0, points.Count).Where(i => violations[i] <= 0)];
        int[] inner = Ranks([.. feasible.Select(i => points[i])]);
        int[] ranks = new int[points.Count];
        for (int i = 0; i < feasible.Length; i++)
        {
            ranks[feasible[i]] = inner[i];
        }

        int next = inner.Length == 0 ? 0 : inner.Max() + 1;
        foreach (IGrouping<double, int> group in Enumerable.Range(0, points.Count).Where(i => violations[i] > 0).GroupBy(i => violations[i]).OrderBy(group => group.Key))
        {
            foreach (int i in group)
            {
                ranks[i] = next;
            }

            next++;
        }

        return ranks;
    }

    /// <summary>Positions of the points that none dominates, ascending; of equal points, all.</summary>
    public static int[] NonDominated(IReadOnlyList<double[]> points)
    {
        int[] ranks = Ranks(points);
        return [.. Enumerable.Range(0, points.Count).Where(i => ranks[i] == 0)];
    }

    /// <summary>How much room each point of a front has (Deb et al., section III-B): the sum over objectives of the distance between its neighbours, in parts of the range.</summary>
    /// <param name="front">Objectives of the points of one front; shape [n][m].</param>
    /// <returns>Shape [n]; infinite at the ends.</returns>
    /// <remarks>An objective in which all are equal adds nothing. Of points with an equal objective, the one that stands earlier comes first.</remarks>
    public static double[] CrowdingDistances(IReadOnlyList<double[]> front)
    {
        double[] distances = new double[front.Count];
        for (int objective = 0; front.Count > 0 && objective < front[0].Length; objective++)
        {
            int axis = objective;
            int[] order = [.. Enumerable.Range(0, front.Count).OrderBy(i => front[i][axis])];
            double lowest = front[order[0]][axis];
            double highest = front[order[^1]][axis];
            if (highest <= lowest)
            {
                continue;
            }

            distances[order[0]] = distances[order[^1]] = double.PositiveInfinity;
            for (int i = 1; i < order.Length - 1; i++)
            {
                // Halves, because a range of doubles may itself be too large for a double.
                distances[order[i]] += ((front[order[i + 1]][axis] / 2) - (front[order[i - 1]][axis] / 2)) / ((highest / 2) - (lowest / 2));
            }
        }

        return distances;
    }

    /// <summary>By the first objective, then by the second, and so on.</summary>
    internal static int Lexicographic(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            int sign = a[i].CompareTo(b[i]);
            if (sign != 0)
            {
                return sign;
            }
        }

        return 0;
    }

    /// <summary>With two objectives, a front dominates a later point exactly if its last point does, and the fronts before it do so too.</summary>
    private static int FirstFrontByLast(List<List<int>> fronts, IReadOnlyList<double[]> points, int point)
    {
        int low = 0;
        int high = fronts.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (points[fronts[middle][^1]][^1] <= points[point][^1])
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static int FirstFrontByAll(List<List<int>> fronts, IReadOnlyList<double[]> points, int point)
    {
        int front = 0;
        while (front < fronts.Count && IsDominated(fronts[front], points, point))
        {
            front++;
        }

        return front;
    }

    private static bool IsDominated(List<int> front, IReadOnlyList<double[]> points, int point)
    {
        for (int i = front.Count - 1; i >= 0; i--)
        {
            if (Dominates(points[front[i]], points[point]))
            {
                return true;
            }
        }

        return false;
    }
}
