using HpoServerless.Engine.Search.GaussianProcess;

namespace HpoServerless.Engine.Tests.Search.GaussianProcess;

public sealed class OutputWarpTests
{
    [Fact]
    public void Values_are_measured_from_the_best_in_distances_of_the_median()
    {
        OutputWarp warp = new([7, 3, 5, 103, 4]);

        Assert.Equal(0, warp.Scaled(3));
        Assert.Equal(1, warp.Scaled(5));
        Assert.Equal(50, warp.Scaled(103));
    }

    [Fact]
    public void Apply_bends_and_centres_and_a_large_bend_is_the_identity()
    {
        OutputWarp warp = new([0, 1, 3]);
        double[] warped = new double[3];

        warp.Apply(Math.Log(2), warped, new double[3], out _);
        Assert.Equal(2 * Math.Log(1.5), warped[1] - warped[0], 1e-14);
        Assert.Equal(2 * Math.Log(2.5), warped[2] - warped[0], 1e-14);
        Assert.Equal(0, warped.Sum(), 1e-14);

        double logJacobian = warp.Apply(Math.Log(1e14), warped, new double[3], out _);
        Assert.Equal(1, warped[1] - warped[0], 1e-9);
        Assert.Equal(0, logJacobian, 1e-9);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(-2)]
    public void Slopes_are_those_of_finite_differences(double logWarp)
    {
        OutputWarp warp = new([1, 2, 4, 9, 30]);
        double[] above = new double[5];
        double[] below = new double[5];
        double[] slopes = new double[5];
        double[] ignored = new double[5];

        double difference = warp.Apply(logWarp + 1e-5, above, ignored, out _) - warp.Apply(logWarp - 1e-5, below, ignored, out _);
        warp.Apply(logWarp, new double[5], slopes, out double jacobianSlope);

        Assert.Equal(difference / 2e-5, jacobianSlope, 1e-8);
        Assert.All(Enumerable.Range(0, 5), i => Assert.Equal((above[i] - below[i]) / 2e-5, slopes[i], 1e-8));
    }

    [Theory]
    [InlineData(double.MaxValue, -double.MaxValue, 0)]
    [InlineData(2, 2, 2)]
    [InlineData(1e-320, 0, 1e-310)]
    public void Huge_equal_and_tiny_values_stay_finite(double a, double b, double c)
    {
        double[] warped = new double[3];

        double logJacobian = new OutputWarp([a, b, c]).Apply(0, warped, new double[3], out double slope);

        Assert.All(warped, value => Assert.True(double.IsFinite(value)));
        Assert.True(double.IsFinite(logJacobian) && double.IsFinite(slope));
    }
}
