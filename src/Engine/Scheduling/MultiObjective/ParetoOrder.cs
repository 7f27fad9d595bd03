using System.Collections.Immutable;
using HpoServerless.Engine.Search.MultiObjective;

namespace HpoServerless.Engine.Scheduling.MultiObjective;

/// <summary>Trials from the best to the worst where several metrics count: by the front that they belong to, and within a front by the room that each has.</summary>
/// <remarks>
/// Source: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, IEEE Trans. Evol. Comput. 6 (2002) 182-197, section III-C (crowded comparison); see
/// <see cref="ParetoFront"/>. Of trials that are equal in both, the one that stands earlier comes first. Cost: that of
/// <see cref="ParetoFront.Ranks(IReadOnlyList{double[]})"/>, O(n log n) for two metrics.
/// </remarks>
internal static class ParetoOrder
{
    /// <summary>Where each trial stands.</summary>
    /// <param name="objectives">Minimised and finite; shape [n][metrics]. Default where they are not known: such trials come last.</param>
    /// <returns>Shape [n].</returns>
    public static ParetoPlace[] Places(IReadOnlyList<ImmutableArray<double>> objectives)
    {
        int[] known = [.. Enumerable.Range(0, objectives.Count).Where(i => !objectives[i].IsDefault)];
        double[][] points = [.. known.Select(i => objectives[i].ToArray())];
        int[] fronts = ParetoFront.Ranks(points);
        double[] rooms = Rooms(points, fronts);
        int[] order = [.. Enumerable.Range(0, known.Length).OrderBy(i => fronts[i]).ThenByDescending(i => rooms[i])];

        ParetoPlace[] places = new ParetoPlace[objectives.Count];
        Array.Fill(places, new(known.Length + 1, null, 0));
        for (int place = 0; place < order.Length; place++)
        {
            places[known[order[place]]] = new(place + 1, fronts[order[place]], rooms[order[place]]);
        }

        return places;
    }

    /// <summary>Positions of the trials, best first.</summary>
    /// <param name="objectives">As for <see cref="Places"/>.</param>
    public static int[] BestFirst(IReadOnlyList<ImmutableArray<double>> objectives)
    {
        ParetoPlace[] places = Places(objectives);
        return [.. Enumerable.Range(0, places.Length).OrderBy(i => places[i].Place)];
    }

    private static double[] Rooms(double[][] points, int[] fronts)
    {
        double[] rooms = new double[points.Length];
        foreach (IGrouping<int, int> front in Enumerable.Range(0, points.Length).GroupBy(i => fronts[i]))
        {
            int[] members = [.. front];
            double[] distances = ParetoFront.CrowdingDistances([.. members.Select(i => points[i])]);
            for (int i = 0; i < members.Length; i++)
            {
                rooms[members[i]] = distances[i];
            }
        }

        return rooms;
    }
}

/// <summary>Where a trial stands among others.</summary>
/// <param name="Place">From 1; trials without values share the place after all others.</param>
/// <param name="Front">0 for those that none dominates, 1 for those that only front 0 dominates, and so on; null where its values are not known.</param>
/// <param name="Room">Crowding distance in its front; infinite at the ends.</param>
internal readonly record struct ParetoPlace(int Place, int? Front, double Room);
