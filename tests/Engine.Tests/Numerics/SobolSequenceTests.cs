using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Tests.Numerics;

public sealed class SobolSequenceTests
{
    private static readonly int[] Axes = [0, 1, 2, 3, 4, 9, 39, 100, 160];

    /// <remarks>Origin: scipy.stats.qmc.Sobol(d=161, scramble=False, bits=53) of SciPy 1.10.1, which uses the same direction numbers and order.</remarks>
    public static TheoryData<int, double[]> Reference => new()
    {
        { 0, [0, 0, 0, 0, 0, 0, 0, 0, 0] },
        { 1, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5] },
        { 2, [0.75, 0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75] },
        { 3, [0.25, 0.75, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25] },
        { 4, [0.375, 0.375, 0.625, 0.875, 0.375, 0.625, 0.875, 0.625, 0.375] },
        { 5, [0.875, 0.875, 0.125, 0.375, 0.875, 0.125, 0.375, 0.125, 0.875] },
        { 6, [0.625, 0.125, 0.875, 0.625, 0.625, 0.375, 0.625, 0.875, 0.625] },
        { 7, [0.125, 0.625, 0.375, 0.125, 0.125, 0.875, 0.125, 0.375, 0.125] },
        { 100, [0.4140625, 0.2578125, 0.7734375, 0.7265625, 0.8828125, 0.6953125, 0.1328125, 0.0390625, 0.2734375] },
        { 1000, [0.2197265625, 0.0966796875, 0.5185546875, 0.6767578125, 0.2802734375, 0.0693359375, 0.4794921875, 0.7685546875, 0.8583984375] },
        { 1023, [0.0009765625, 0.7529296875, 0.6123046875, 0.1455078125, 0.1865234375, 0.8505859375, 0.6982421875, 0.2373046875, 0.7021484375] },
    };

    [Theory]
    [MemberData(nameof(Reference))]
    public void Plain_agrees_with_the_table(int index, double[] expected)
    {
        double[] point = PointOf(SobolSequence.Plain(SobolSequence.MaxDimension), index);

        Assert.Equal(expected, Axes.Select(axis => point[axis]));
    }

    [Fact]
    public void Every_row_of_the_table_is_sound()
    {
        ReadOnlySpan<ushort> rows = SobolTable.Rows;
        HashSet<int> polynomials = [];
        for (int dimension = 2; dimension <= SobolTable.Dimensions; dimension++)
        {
            int degree = rows[0];
            int polynomial = (1 << degree) | (rows[1] << 1) | 1;
            Assert.True(polynomials.Add(polynomial), $"dimension {dimension} repeats a polynomial");
            Assert.Equal((1 << degree) - 1, OrderOfX(polynomial, degree));
            for (int k = 0; k < degree; k++)
            {
                int number = rows[2 + k];
                Assert.True(number % 2 == 1 && number < 2 << k, $"dimension {dimension}: m_{k + 1} = {number}");
            }

            rows = rows[(2 + degree)..];
        }

        Assert.Equal(0, rows.Length);
    }

    [Fact]
    public void Scrambled_keeps_the_balance_of_pairs()
    {
        SobolSequence sequence = SobolSequence.Scrambled(2, SeededRandom.For(1, "test"));

        // A (0, m, 2)-net: each of the 2^m boxes of any shape 2^-a by 2^-(m-a) has one of the first 2^m points.
        double[][] points = [.. Enumerable.Range(0, 256).Select(index => PointOf(sequence, index))];
        for (int a = 0; a <= 8; a++)
        {
            int columns = 1 << a;
            int rows = 256 / columns;
            Assert.Equal(256, points.Select(point => ((int)(point[0] * columns), (int)(point[1] * rows))).Distinct().Count());
        }
    }

    [Fact]
    public void Scrambled_never_changes_for_a_seed_and_differs_between_seeds()
    {
        Assert.Equal("0.587574560613161 0.4894295273482817 0.5579767418125574", string.Join(" ", PointOf(SobolSequence.Scrambled(3, SeededRandom.For(1, "test")), 5)));
        Assert.NotEqual(PointOf(SobolSequence.Scrambled(3, SeededRandom.For(1, "test")), 5), PointOf(SobolSequence.Scrambled(3, SeededRandom.For(2, "test")), 5));
    }

    [Fact]
    public void Scrambled_moves_each_point_over_the_whole_cube()
    {
        int[] cells = [.. Enumerable.Range(0, 400).Select(seed => (int)(4 * PointOf(SobolSequence.Scrambled(1, SeededRandom.For((ulong)seed, "test")), 0)[0]))];

        Assert.All(Enumerable.Range(0, 4), cell => Assert.InRange(cells.Count(value => value == cell), 60, 140)); // expected 100, deviation 8.7
    }

    [Fact]
    public void The_last_point_can_be_computed()
    {
        double[] last = PointOf(SobolSequence.Plain(40), SobolSequence.Length - 1);

        Assert.Equal(1.0 / (1L << 32), last[0]);
        Assert.All(last, coordinate => Assert.InRange(coordinate, 0, 1));
    }

    [Fact]
    public void What_lies_outside_is_refused()
    {
        SobolSequence sequence = SobolSequence.Plain(2);

        Assert.Equal(2, sequence.Dimension);
        Assert.Throws<ArgumentOutOfRangeException>(() => SobolSequence.Plain(SobolSequence.MaxDimension + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => SobolSequence.Plain(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PointOf(sequence, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PointOf(sequence, SobolSequence.Length));
        Assert.Throws<ArgumentException>(() => sequence.PointAt(0, new double[3]));
    }

    private static double[] PointOf(SobolSequence sequence, long index)
    {
        double[] point = new double[sequence.Dimension];
        sequence.PointAt(index, point);
        return point;
    }

    /// <summary>How often x can be multiplied until it is 1 again; 2^degree - 1 exactly for primitive polynomials.</summary>
    private static int OrderOfX(int polynomial, int degree)
    {
        int power = 1;
        int order = 0;
        do
        {
            power <<= 1;
            power ^= (power >> degree) == 1 ? polynomial : 0;
            order++;
        }
        while (power != 1 && order < 1 << degree);
        return order;
    }
}
