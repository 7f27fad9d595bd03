using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Tests.Numerics;

public sealed class HaltonSequenceTests
{
    [Fact]
    public void Primes_are_those_of_the_tables()
    {
        Assert.Equal([2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37], HaltonSequence.Primes(12));
        Assert.Equal(7919, HaltonSequence.Primes(1000)[^1]);
        Assert.Empty(HaltonSequence.Primes(0));
    }

    [Fact]
    public void PointAt_puts_one_of_each_block_into_every_cell_of_a_base()
    {
        HaltonSequence sequence = HaltonSequence.Scrambled(60, 5);

        for (int axis = 0; axis < 60; axis++)
        {
            int radix = HaltonSequence.Primes(60)[axis];
            Assert.Equal(Enumerable.Range(0, radix), Enumerable.Range(3 * radix, radix).Select(i => (int)(sequence.PointAt(i)[axis] * radix)).Order());
        }
    }

    [Fact]
    public void PointAt_has_no_correlation_between_large_bases()
    {
        HaltonSequence sequence = HaltonSequence.Scrambled(100, 5);
        double[][] points = [.. Enumerable.Range(0, 100).Select(i => sequence.PointAt(i))];

        double covariance = points.Average(point => (point[98] - 0.5) * (point[99] - 0.5));

        Assert.InRange(Math.Abs(covariance * 12), 0, 0.3);
    }

    [Fact]
    public void PointAt_stays_inside_and_depends_on_the_seed()
    {
        Assert.All(HaltonSequence.Scrambled(300, 1).PointAt(long.MaxValue), x => Assert.InRange(x, 0, 1 - 1e-13));
        Assert.NotEqual(HaltonSequence.Scrambled(3, 1).PointAt(0), HaltonSequence.Scrambled(3, 2).PointAt(0));
        Assert.Equal(HaltonSequence.Scrambled(3, 1).PointAt(9), HaltonSequence.Scrambled(3, 1).PointAt(9));
    }
}
