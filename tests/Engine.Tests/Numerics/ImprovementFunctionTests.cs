using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Tests.Numerics;

/// <remarks>Origin of the tables: computed with 900 decimal digits (mpmath) from the definitions, by asymptotic series for arguments below -200, then rounded.</remarks>
public sealed class ImprovementFunctionTests
{
    [Theory]
    [InlineData(-5.0, 144009798674.66104)]
    [InlineData(-1.0, 5.0089800807622835)]
    [InlineData(-0.3, 1.4537492328427656)]
    [InlineData(0.0, 1.0)]
    [InlineData(0.2, 0.80901951990158073)]
    [InlineData(0.46875, 0.63206968924955608)]
    [InlineData(0.5, 0.61569034419292587)]
    [InlineData(1.0, 0.427583576155807)]
    [InlineData(2.5, 0.21080636406114358)]
    [InlineData(4.0, 0.13699945762506139)]
    [InlineData(6.0, 0.092776567800538354)]
    [InlineData(26.0, 0.021683584850562907)]
    [InlineData(1000.0, 0.00056418930145338765)]
    public void Erfcx_agrees_with_the_table(double x, double expected) => AssertClose(expected, Normal.Erfcx(x), 1e-14);

    [Theory]
    [InlineData(-1000.0, -500007.82669481218)]
    [InlineData(-100.0, -5005.5242086942051)]
    [InlineData(-38.5, -745.69527029041108)]
    [InlineData(-10.0, -53.231285150512471)]
    [InlineData(-5.0, -15.064998393988726)]
    [InlineData(-1.0, -1.8410216450092635)]
    [InlineData(-0.5, -1.1759117615936186)]
    [InlineData(0.0, -0.69314718055994531)]
    [InlineData(1.0, -0.17275377902344989)]
    [InlineData(3.0, -0.0013508099647481938)]
    [InlineData(8.0, -6.2209605742717861e-16)]
    [InlineData(20.0, -2.7536241186062337e-89)]
    public void LogCdf_agrees_with_the_table(double z, double expected) => AssertClose(expected, ImprovementFunction.LogCdf(z), 2e-14);

    [Theory]
    [InlineData(-1000.0, -500014.73445209116, 1000.001999994)]
    [InlineData(-100.0, -5010.1295788002498, 100.01999400419587)]
    [InlineData(-50.0, -1258.7441828684609, 50.039952133872655)]
    [InlineData(-30.5, -472.88260479123593, 30.565363873696237)]
    [InlineData(-29.5, -442.81615258435892, 29.567564754834345)]
    [InlineData(-20.0, -206.9178385094251, 20.099262811101282)]
    [InlineData(-10.0, -55.553122036122356, 10.194383033412553)]
    [InlineData(-5.0, -16.74430116266099, 5.3618162412880885)]
    [InlineData(-2.0, -4.7687835239171142, 2.679416883955586)]
    [InlineData(-1.001, -2.4870256579553894, 1.9049932727342131)]
    [InlineData(-0.999, -2.4832171154475854, 1.9035493173589594)]
    [InlineData(-0.1, -1.047153314072846, 1.3112733937140519)]
    [InlineData(0.0, -0.91893853320467274, 1.2533141373155003)]
    [InlineData(1.0, 0.08002621884930694, 0.77663872520173926)]
    [InlineData(5.0, 1.6094379231264314, 0.19999994053122005)]
    public void LogH_and_its_slope_agree_with_the_table(double z, double expected, double slope)
    {
        AssertClose(expected, ImprovementFunction.LogH(z, out double actual), 1e-13);
        AssertClose(slope, actual, 1e-9);
    }

    [Fact]
    public void LogH_is_finite_and_increasing_far_into_the_tail()
    {
        double last = double.NegativeInfinity;
        for (double z = -1e100; z < -1e-3; z *= 0.9)
        {
            double value = ImprovementFunction.LogH(z, out double slope);
            Assert.True(double.IsFinite(value) && value > last && double.IsFinite(slope) && slope > 0, $"at {z}");
            last = value;
        }
    }

    private static void AssertClose(double expected, double actual, double relative) =>
        Assert.InRange(actual, expected - (relative * Math.Abs(expected)), expected + (relative * Math.Abs(expected)));
}
