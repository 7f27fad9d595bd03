using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench.Quality;

/// <summary>How many of each of eight goods to pack, up to nine; too heavy a pack costs what it is too heavy. Values and weights vary by seed.</summary>
internal static class Knapsack
{
    private const int Goods = 8;
    private const int Most = 9;

    public static Problem Problem(SeededRandom random)
    {
        int[] weights = [.. Enumerable.Range(0, Goods).Select(_ => 3 + random.NextInt(20))];
        int[] values = [.. weights.Select(weight => Math.Max(1, weight + random.NextInt(15) - 7))];
        int capacity = weights.Sum() * 3;
        int[] packed = Pack(weights, values, capacity);
        double best = packed.Zip(values, (n, value) => n * value).Sum();
        return new(
            new([.. weights.Select((_, i) => new UniformIntParameter($"n{i}", 0, Most))]),
            at =>
            {
                double weight = 0;
                double value = 0;
                for (int i = 0; i < Goods; i++)
                {
                    double n = at[$"n{i}"].AsDouble();
                    weight += n * weights[i];
                    value += n * values[i];
                }

                return weight <= capacity ? -value : weight - capacity;
            },
            -best,
            new(packed.Select((n, i) => KeyValuePair.Create($"n{i}", ParameterValue.Of((long)n)))));
    }

    /// <summary>The best pack, by dynamic programming over goods and capacity.</summary>
    private static int[] Pack(int[] weights, int[] values, int capacity)
    {
        int[] best = new int[capacity + 1];
        int[][] taken = new int[Goods][];
        for (int i = 0; i < Goods; i++)
        {
            int[] next = new int[capacity + 1];
            taken[i] = new int[capacity + 1];
            for (int room = 0; room <= capacity; room++)
            {
                for (int n = 0; n <= Most && n * weights[i] <= room; n++)
                {
                    int value = best[room - (n * weights[i])] + (n * values[i]);
                    if (value > next[room])
                    {
                        (next[room], taken[i][room]) = (value, n);
                    }
                }
            }

            best = next;
        }

        int[] pack = new int[Goods];
        for (int i = Goods - 1, room = capacity; i >= 0; i--)
        {
            pack[i] = taken[i][room];
            room -= pack[i] * weights[i];
        }

        return pack;
    }
}
