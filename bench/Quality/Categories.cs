using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench.Quality;

/// <summary>Six categorical parameters of five to eight values: each value has a cost of its own and one with each value of the next parameter.</summary>
internal static class Categories
{
    private static readonly int[] Counts = [5, 6, 7, 8, 6, 5];

    public static Problem Problem(SeededRandom random)
    {
        double[][] own = [.. Counts.Select(count => Draw(random, count))];
        double[][][] pairs = [.. Enumerable.Range(0, Counts.Length - 1).Select(i => Enumerable.Range(0, Counts[i]).Select(_ => Draw(random, Counts[i + 1])).ToArray())];
        double Cost(ReadOnlySpan<int> at)
        {
            double cost = 0;
            for (int i = 0; i < at.Length; i++)
            {
                cost += own[i][at[i]] + (i + 1 < at.Length ? .7 * pairs[i][at[i]][at[i + 1]] : 0);
            }

            return cost;
        }

        int[] best = Cheapest(at => Cost(at));
        return new(
            new([.. Counts.Select((count, i) => new CategoricalParameter($"c{i}", [.. Enumerable.Range(0, count).Select(Value)]))]),
            at => Cost([.. Counts.Select((_, i) => at[$"c{i}"].ToString()[0] - 'a')]),
            Cost(best),
            new(best.Select((value, i) => KeyValuePair.Create($"c{i}", Value(value)))));
    }

    private static ParameterValue Value(int index) => ParameterValue.Of(((char)('a' + index)).ToString());

    private static double[] Draw(SeededRandom random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextUnit())];

    private static int[] Cheapest(Func<int[], double> cost)
    {
        int[] at = new int[Counts.Length];
        int[] best = [.. at];
        double least = cost(at);
        while (MoveOn(at))
        {
            if (cost(at) is double now && now < least)
            {
                (best, least) = ([.. at], now);
            }
        }

        return best;
    }

    private static bool MoveOn(int[] at)
    {
        int i = at.Length - 1;
        for (; i >= 0 && ++at[i] == Counts[i]; i--)
        {
            at[i] = 0;
        }

        return i >= 0;
    }
}
