using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Tests.Numerics;

public sealed class SeededRandomTests
{
    /// <remarks>Origin: a second implementation, from the description alone, in Python.</remarks>
    [Theory]
    [InlineData(0UL, "", 0L, "29D49F5DB45B5808 E134793FB072BCF6 0.10213685708509646 61 0.540024736 1.606485961")]
    [InlineData(1UL, "random", 1L, "81814007F6AA0D6F 35B16E8D9DF1C407 0.9467625383921453 691 -0.04826447101 1.389629285")]
    [InlineData(ulong.MaxValue, "tpe", -1L, "F2429854026E53A2 F97C58B2EC8E193E 0.46749784060020605 979 -0.4275219252 -0.8292838006")]
    public void Streams_never_change(ulong seed, string purpose, long number, string expected)
    {
        SeededRandom random = SeededRandom.For(seed, purpose, number);

        Assert.Equal(expected, $"{random.NextUInt64():X16} {random.NextUInt64():X16} {random.NextUnit():R} {random.NextInt(1000)} {random.NextGaussian():G10} {random.NextGaussian():G10}");
    }

    [Fact]
    public void Streams_with_other_names_differ()
    {
        (ulong Seed, string Purpose, long Number)[] names =
        [
            (0, "", 0), (1, "", 0), (0, "a", 0), (0, "b", 0), (0, "ab", 0), (0, "ba", 0), (0, "a\0", 0), (0, "\0", 0), (0, "", 1), (0, "", -1), (0, "a", 1), (1, "a", 0),
        ];

        Assert.Equal(names.Length, names.Select(name => SeededRandom.For(name.Seed, name.Purpose, name.Number).NextUInt64()).Distinct().Count());
        Assert.Equal(SeededRandom.For(3, "x", 4).NextUInt64(), SeededRandom.For(3, "x", 4).NextUInt64());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NextUnit_is_uniform_within_a_stream_and_over_the_first_draws_of_many(bool acrossStreams)
    {
        SeededRandom one = SeededRandom.For(7, "uniform");
        double[] draws = [.. Enumerable.Range(0, 20_000).Select(i => acrossStreams ? SeededRandom.For(7, "uniform", i).NextUnit() : one.NextUnit()).Order()];

        Assert.All(draws, draw => Assert.InRange(draw, 0, 1 - (1.0 / (1L << 53))));
        Assert.InRange(Distance(draws, value => value), 0, 0.0115); // Kolmogorov-Smirnov, 1 % level: 1.63 / sqrt(n)
    }

    [Fact]
    public void Streams_of_neighbouring_numbers_are_uncorrelated()
    {
        double[] first = [.. Enumerable.Range(0, 10_000).Select(i => SeededRandom.For(7, "pair", i).NextUnit() - 0.5)];
        double correlation = 12 * first.Zip(first.Skip(1), (left, right) => left * right).Average();

        Assert.InRange(correlation, -0.03, 0.03); // deviation 0.01
    }

    [Fact]
    public void Every_bit_is_set_half_of_the_time()
    {
        int[] set = new int[64];
        for (int stream = 0; stream < 4096; stream++)
        {
            ulong bits = SeededRandom.For((ulong)stream, "bits").NextUInt64();
            for (int bit = 0; bit < 64; bit++)
            {
                set[bit] += (int)((bits >> bit) & 1);
            }
        }

        Assert.All(set, count => Assert.InRange(count, 2048 - 160, 2048 + 160)); // five deviations of 32
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    public void NextInt_stays_below_its_limit_and_is_even(int limit)
    {
        SeededRandom random = SeededRandom.For(7, "int");
        int[] draws = [.. Enumerable.Range(0, 7000).Select(_ => random.NextInt(limit))];

        Assert.All(draws, draw => Assert.InRange(draw, 0, limit - 1));
        Assert.All(draws.GroupBy(draw => (int)((long)draw * 7 / limit)), group => Assert.InRange(group.Count() * Math.Min(7, limit) / 7000.0, 0.85, 1.15));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void NextInt_refuses_an_empty_range(int limit) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SeededRandom.For(7, "int").NextInt(limit));

    [Fact]
    public void NextGaussian_is_normal()
    {
        SeededRandom random = SeededRandom.For(7, "gauss");
        double[] draws = [.. Enumerable.Range(0, 20_000).Select(_ => random.NextGaussian()).Order()];

        Assert.InRange(Distance(draws, Normal.Cdf), 0, 0.0115);
    }

    [Fact]
    public void Shuffle_gives_every_order_its_share()
    {
        SeededRandom random = SeededRandom.For(7, "shuffle");
        string[] orders = [.. Enumerable.Range(0, 6000).Select(_ => Shuffled(random))];

        Assert.Equal(6, orders.Distinct().Count());
        Assert.All(orders.GroupBy(order => order), group => Assert.InRange(group.Count(), 850, 1150)); // five deviations of 29
    }

    private static string Shuffled(SeededRandom random)
    {
        char[] items = ['a', 'b', 'c'];
        random.Shuffle<char>(items);
        return new(items);
    }

    /// <summary>Largest distance between the empirical distribution of sorted draws and a distribution function.</summary>
    private static double Distance(double[] sorted, Func<double, double> distribution) => sorted
        .Select((draw, i) => Math.Max(((i + 1.0) / sorted.Length) - distribution(draw), distribution(draw) - ((double)i / sorted.Length)))
        .Max();
}
