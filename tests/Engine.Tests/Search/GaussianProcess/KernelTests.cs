using HpoServerless.Engine.Search.GaussianProcess;

namespace HpoServerless.Engine.Tests.Search.GaussianProcess;

/// <remarks>Origin of the table: the definitions, computed with 40 decimal digits (mpmath).</remarks>
public sealed class KernelTests
{
    private static readonly double[] Squares = [0, 0.01, 1, 9, 400];
    private static readonly double[] Matern = [1, 0.99175923617117762, 0.52399410883182031, 0.027723421914625811, 2.694492229388208e-17];
    private static readonly double[] Squared = [1, 0.99501247919268231, 0.60653065971263342, 0.011108996538242306, 1.3838965267367375e-87];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Both_ways_to_compute_it_agree_with_the_table(int shape)
    {
        double[] expected = (KernelShape)shape == KernelShape.Matern52 ? Matern : Squared;
        double[] values = [.. Squares];
        double[] slopes = new double[values.Length];

        Kernel.Evaluate((KernelShape)shape, values, slopes);

        for (int i = 0; i < Squares.Length; i++)
        {
            double single = Kernel.At((KernelShape)shape, Squares[i], out double slope);
            Assert.Equal(1, single / expected[i], 1e-13);
            Assert.Equal(1, values[i] / expected[i], 1e-13);
            Assert.Equal(1, slopes[i] / slope, 1e-13);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_slope_is_the_derivative_by_the_squared_distance(int shape)
    {
        foreach (double q in new[] { 0.04, 0.5, 3, 20 })
        {
            Kernel.At((KernelShape)shape, q, out double slope);
            double difference = Kernel.At((KernelShape)shape, q + 1e-6, out _) - Kernel.At((KernelShape)shape, q - 1e-6, out _);
            Assert.Equal(difference / 2e-6, slope, 1e-8);
        }
    }
}
