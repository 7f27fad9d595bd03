namespace HpoServerless.Engine.Search.MultiObjective;

/// <summary>Volume that a set of points dominates, up to a reference point. All objectives are minimised; more volume is better.</summary>
/// <remarks>
/// Exact. Two objectives by sorting, O(n log n); more by WFG, L. While, L. Bradstreet, L. Barone, "A fast way of calculating exact
/// hypervolumes", IEEE Trans. Evol. Comput. 16 (2012) 86-95, fig. 4: exponential in the number of objectives at worst, fast up to about five.
/// Departure: objectives are not sliced away one by one, the recursion ends at two objectives or few points.
/// </remarks>
internal static class Hypervolume
{
    /// <summary>The volume.</summary>
    /// <param name="points">Objectives; shape [n][m], no NaN. Those that do not lie below the reference in every objective add nothing.</param>
    /// <param name="reference">Shape [m].</param>
    public static double Of(IEnumerable<double[]> points, double[] reference)
    {
        List<double[]> inside = [.. points.Where(point => IsInside(point, reference))];
        return reference.Length switch
        {
            0 => 0,
            1 => inside.Count == 0 ? 0 : reference[0] - inside.Min(point => point[0]),
            2 => OfTwo(inside, reference),
            _ => Wfg(Front(inside), reference),
        };
    }

    /// <summary>What is lost without each point: the volume that it alone dominates.</summary>
    /// <param name="points">Objectives; shape [n][m], no NaN.</param>
    /// <param name="reference">Shape [m].</param>
    /// <returns>Shape [n], each 0 or more: 0 for points that are dominated, doubled or not inside.</returns>
    public static double[] Contributions(IReadOnlyList<double[]> points, double[] reference)
    {
        double[] contributions = new double[points.Count];
        for (int i = 0; i < points.Count; i++)
        {
            if (IsInside(points[i], reference))
            {
                IEnumerable<double[]> others = points.Where((_, other) => other != i).Select(other => Limit(other, points[i]));
                contributions[i] = Math.Max(0, Box(points[i], reference) - Of(others, reference));
            }
        }

        return contributions;
    }

    private static double OfTwo(List<double[]> points, double[] reference)
    {
        double volume = 0;
        double height = reference[1];
        foreach (double[] point in points.OrderBy(point => point[0]).ThenBy(point => point[1]))
        {
            if (point[1] < height)
            {
                volume += (reference[0] - point[0]) * (height - point[1]);
                height = point[1];
            }
        }

        return volume;
    }

    /// <summary>Sum over the points of what each adds to those after it.</summary>
    /// <param name="front">Points that do not dominate each other, all inside.</param>
    /// <param name="reference">Shape [m].</param>
    private static double Wfg(List<double[]> front, double[] reference)
    {
        if (reference.Length == 2)
        {
            return OfTwo(front, reference);
        }

        double volume = 0;
        for (int i = 0; i < front.Count; i++)
        {
            double[] point = front[i];
            volume += Box(point, reference);
            if (i + 1 < front.Count)
            {
                volume -= Wfg(Front([.. front.Skip(i + 1).Select(other => Limit(other, point))]), reference);
            }
        }

        return volume;
    }

    /// <summary>The points that none dominates, worst last objective first: what is limited by such a point loses most.</summary>
    private static List<double[]> Front(List<double[]> points)
    {
        List<double[]> front = [];
        foreach (double[] point in points.OrderByDescending(point => point[^1]))
        {
            if (front.Exists(other => IsNowhereWorse(other, point)))
            {
                continue;
            }

            front.RemoveAll(other => ParetoFront.Dominates(point, other));
            front.Add(point);
        }

        return front;
    }

    private static bool IsNowhereWorse(double[] a, double[] b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] > b[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What a point dominates within the box of another.</summary>
    private static double[] Limit(double[] point, double[] box)
    {
        double[] limited = new double[point.Length];
        for (int i = 0; i < limited.Length; i++)
        {
            limited[i] = Math.Max(point[i], box[i]);
        }

        return limited;
    }

    private static double Box(double[] point, double[] reference)
    {
        double volume = 1;
        for (int i = 0; i < point.Length; i++)
        {
            volume *= reference[i] - point[i];
        }

        return volume;
    }

    private static bool IsInside(double[] point, double[] reference)
    {
        for (int i = 0; i < point.Length; i++)
        {
            if (point[i] >= reference[i])
            {
                return false;
            }
        }

        return true;
    }
}
