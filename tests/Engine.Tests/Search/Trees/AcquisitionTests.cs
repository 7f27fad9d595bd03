using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Trees;

namespace HpoServerless.Engine.Tests.Search.Trees;

public sealed class AcquisitionTests
{
    [Theory]
    [InlineData(AcquisitionKind.Ei, 1, 2, 1, 0.797884560802865)] // 2 φ(0)
    [InlineData(AcquisitionKind.Ei, 0, 1, 1, 1.083315470587686)] // Φ(1) + φ(1)
    [InlineData(AcquisitionKind.Ei, 0.25, 0, 1, 0.75)]
    [InlineData(AcquisitionKind.Pi, 0, 1, 1, 0.841344746068543)]
    [InlineData(AcquisitionKind.Lcb, 3, 0.5, 1, -2)]
    public void At_is_the_textbook_value(object kind, double mean, double deviation, double best, double expected) =>
        Assert.Equal(expected, new Acquisition((AcquisitionKind)kind, xi: 0, kappa: 2).At(mean, deviation, best), 12);

    [Fact]
    public void Improvements_up_to_xi_do_not_count() =>
        Assert.Equal(new Acquisition(AcquisitionKind.Ei, 0, 0).At(.2, 1, .5), new Acquisition(AcquisitionKind.Ei, .5, 0).At(.2, 1, 1), 12);

    [Fact]
    public void LogEi_is_the_expected_improvement_of_the_exponential()
    {
        (double mean, double deviation, double best) = (-1, .7, -.8);
        SeededRandom random = SeededRandom.For(1, "draws");

        double average = Enumerable.Range(0, 200_000).Average(_ => Math.Max(0, Math.Exp(best) - Math.Exp(mean + (deviation * random.NextGaussian()))));

        Assert.Equal(average, new Acquisition(AcquisitionKind.LogEi, 0, 0).At(mean, deviation, best), .002);
    }

    [Fact]
    public void Hedging_takes_the_measures_in_turns()
    {
        Acquisition hedge = new(AcquisitionKind.Hedge, 0, 2);

        Assert.Equal(3, Enumerable.Range(1, 3).Select(trial => hedge.Of(trial).At(.3, 1.7, .5)).Distinct().Count());
        Assert.Equal(hedge.Of(1).At(.3, 1.7, .5), hedge.Of(4).At(.3, 1.7, .5));
    }

    [Fact]
    public void Transforms_keep_the_order_and_measure_from_below_the_best()
    {
        double[] values = [5, 1, 3, 9, 2];
        double[] logarithms = [.. values];

        LossTransform.Apply(LossScale.Scaled, values);
        LossTransform.Apply(LossScale.Log, logarithms);

        // The 5th percentile is 1.2, the floor 0.8, the range above it 8.2.
        Assert.Equal([4.2 / 8.2, .2 / 8.2, 2.2 / 8.2, 1, 1.2 / 8.2], values, (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(values.Select(value => Math.Log(value)), logarithms, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Theory]
    [InlineData(LossScale.None)]
    [InlineData(LossScale.Scaled)]
    [InlineData(LossScale.Log)]
    public void Transforms_stay_finite(object scale)
    {
        double[] values = [double.MaxValue, -double.MaxValue, 0, 1];
        double[] equal = [3, 3];

        LossTransform.Apply((LossScale)scale, values);
        LossTransform.Apply((LossScale)scale, equal);

        Assert.All(values, value => Assert.True(double.IsFinite(value * value)));
        Assert.Equal([0, 0], equal);
    }
}
