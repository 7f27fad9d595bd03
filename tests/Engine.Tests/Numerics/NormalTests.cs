using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Tests.Numerics;

/// <remarks>
/// Origin of the tables: computed with 60 decimal digits (power series of the error function below 6, continued fraction above; quantiles by
/// Newton's method on it) for the double nearest to each argument, then rounded to the nearest double.
/// </remarks>
public sealed class NormalTests
{
    public static TheoryData<double, double> Probabilities => new()
    {
        { -37, 5.725571222524577e-300 },
        { -20, 2.7536241186062337e-89 },
        { -10, 7.619853024160525e-24 },
        { -8.3, 5.205569744890254e-17 },
        { -6, 9.86587645037698e-10 },
        { -5, 2.866515718791939e-07 },
        { -4.5, 3.3976731247300603e-06 },
        { -3, 0.0013498980316300946 },
        { -2.5, 0.006209665325776135 },
        { -1.96, 0.024997895148220435 },
        { -1.5, 0.06680720126885807 },
        { -1, 0.15865525393145705 },
        { -0.75, 0.2266273523768682 },
        { -0.5, 0.3085375387259869 },
        { -0.25, 0.4012936743170763 },
        { -0.1, 0.460172162722971 },
        { -1e-05, 0.49999601057719606 },
        { 0.25, 0.5987063256829237 },
        { 0.5, 0.6914624612740131 },
        { 1, 0.8413447460685429 },
        { 2, 0.9772498680518208 },
        { 3, 0.9986501019683699 },
        { 5, 0.9999997133484281 },
        { 8, 0.9999999999999993 },
    };

    public static TheoryData<double, double> Quantiles => new()
    {
        { 1e-300, -37.0470962993612 },
        { 1e-100, -21.273453560965326 },
        { 1e-20, -9.262340089798407 },
        { 5.551115123125783e-17, -8.292361075813595 },
        { 1e-12, -7.034483825301132 },
        { 1e-11, -6.706023155495136 },
        { 1e-09, -5.9978070150076865 },
        { 1e-06, -4.753424308822899 },
        { 0.001, -3.0902323061678136 },
        { 0.01, -2.326347874040841 },
        { 0.025, -1.9599639845400543 },
        { 0.05, -1.6448536269514726 },
        { 0.0749, -1.4402382675279637 },
        { 0.0751, -1.43882539275254 },
        { 0.1, -1.2815515655446004 },
        { 0.2, -0.8416212335729142 },
        { 0.25, -0.6744897501960817 },
        { 0.3, -0.5244005127080408 },
        { 0.4, -0.2533471031357997 },
        { 0.45, -0.12566134685507402 },
        { 0.49, -0.025068908258711057 },
        { 0.4999, -0.00025066283008800747 },
        { 0.51, 0.025068908258711057 },
        { 0.6, 0.2533471031357997 },
        { 0.75, 0.6744897501960817 },
        { 0.9, 1.2815515655446006 },
        { 0.925, 1.4395314709384561 },
        { 0.95, 1.6448536269514722 },
        { 0.975, 1.9599639845400538 },
        { 0.99, 2.3263478740408408 },
        { 0.999, 3.090232306167813 },
        { 0.999999, 4.753424308817087 },
        { 0.9999999999999999, 8.209536151601387 },
    };

    [Theory]
    [MemberData(nameof(Probabilities))]
    public void Cdf_agrees_with_the_table(double x, double expected) =>
        Assert.InRange(Math.Abs(Normal.Cdf(x) / expected - 1), 0, 2e-15);

    [Theory]
    [MemberData(nameof(Quantiles))]
    public void Quantile_agrees_with_the_table(double p, double expected) =>
        Assert.InRange(Math.Abs(Normal.Quantile(p) / expected - 1), 0, 2e-15);

    [Fact]
    public void Quantile_is_odd_and_infinite_at_the_ends()
    {
        Assert.Equal(0, Normal.Quantile(0.5));
        Assert.Equal(-Normal.Quantile(0.125), Normal.Quantile(0.875));
        Assert.Equal(double.NegativeInfinity, Normal.Quantile(0));
        Assert.Equal(double.PositiveInfinity, Normal.Quantile(1));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Quantile_refuses_what_is_no_probability(double p) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Normal.Quantile(p));

    [Fact]
    public void Cdf_saturates()
    {
        Assert.Equal(0.5, Normal.Cdf(0));
        Assert.Equal(1, Normal.Cdf(40));
        Assert.Equal(0, Normal.Cdf(-40));
        Assert.Equal(1, Normal.Cdf(double.PositiveInfinity));
        Assert.Equal(0, Normal.Cdf(double.NegativeInfinity));
        Assert.True(double.IsNaN(Normal.Cdf(double.NaN)));
    }

    [Fact]
    public void Cdf_never_falls()
    {
        double last = 0;
        for (double x = -38; x < 9; x += 1.0 / 1024)
        {
            double probability = Normal.Cdf(x);
            Assert.True(probability >= last, $"falls at {x}");
            last = probability;
        }
    }

    [Fact]
    public void Pdf_is_the_slope_of_the_distribution_function()
    {
        Assert.Equal(0.3989422804014327, Normal.Pdf(0), 1e-16);
        foreach (double x in new[] { -3, -0.7, 0.2, 2 })
        {
            Assert.Equal((Normal.Cdf(x + 1e-5) - Normal.Cdf(x - 1e-5)) / 2e-5, Normal.Pdf(x), 1e-9);
            Assert.Equal(Math.Log(Normal.Pdf(x)), Normal.LogPdf(x), 1e-14);
        }

        Assert.Equal(-5000.918938533204673, Normal.LogPdf(100), 1e-11);
    }
}
