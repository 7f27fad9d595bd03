using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.GaussianProcess;

namespace HpoServerless.Engine.Tests.Search.GaussianProcess;

public sealed class GpModelTests
{
    /// <summary>Three points on a line, lengthscale 0.5, noise 0.01 of the signal.</summary>
    private static readonly double[] Line = [0.1, 0.4, 0.9];
    private static readonly double[] Values = [1, -1, 0.5];
    private static readonly GpParameters Known = new([Math.Log(0.5), Math.Log(0.01), 0]);

    /// <remarks>Origin: the three equations solved with 40 decimal digits (mpmath).</remarks>
    [Theory]
    [InlineData(0, 0.25, -0.095875049375279428, 0.091794607637187364)]
    [InlineData(0, 0.6, -0.87355613633554338, 0.30077368208098393)]
    [InlineData(1, 0.25, -0.14509668941624113, 0.053264788802593173)]
    [InlineData(1, 0.6, -0.99025697548254345, 0.13338989957382153)]
    public void Predict_agrees_with_the_posterior_of_three_points(int shape, double at, double mean, double variance)
    {
        GpModel model = GpModel.Condition((KernelShape)shape, Known, Line, [false], Values);

        (double actualMean, double actualVariance) = model.Predict([at]);

        Assert.Equal(mean, actualMean, 1e-12);
        Assert.Equal(variance, actualVariance, 1e-12);
        Assert.Equal(mean, model.Mean([at]), 1e-12);
    }

    [Fact]
    public void Append_gives_the_posterior_of_all_points_but_keeps_the_signal()
    {
        GpModel whole = GpModel.Condition(KernelShape.Matern52, Known, Line, [false], Values);
        GpModel grown = GpModel.Condition(KernelShape.Matern52, Known, Line.AsSpan(0, 2), [false], Values.AsSpan(0, 2));
        double signal = grown.Signal;

        grown.Append([0.9], 0.5);

        Assert.Equal(whole.Mean([0.6]), grown.Mean([0.6]), 1e-12);
        Assert.Equal(whole.Predict([0.6]).Variance / whole.Signal, grown.Predict([0.6]).Variance / signal, 1e-12);
    }

    [Fact]
    public void A_point_that_adds_nothing_is_left_out()
    {
        GpParameters exact = new([0, Math.Log(1e-18), 0]);

        GpModel model = GpModel.Condition(KernelShape.Matern52, exact, [0.5, 0.5, 0.7], [false], [1, 1, 2]);

        Assert.Equal(2, model.Count);
        Assert.Equal(1, model.Mean([0.5]), 1e-9);
        Assert.Equal(2, model.Mean([0.7]), 1e-9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Gradients_are_those_of_finite_differences(int shape)
    {
        (double[] points, double[] values) = Sample(12, 3);
        bool[] isNominal = [false, true, false];
        GpParameters parameters = new([-0.7, 0.2, -0.3, -7, 0]);
        GpModel model = GpModel.Condition((KernelShape)shape, parameters, points, isNominal, values);
        double[] meanGradient = new double[3];
        double[] varianceGradient = new double[3];
        double[] at = [0.31, 1, 0.77];

        (double mean, double variance) = model.Predict(at, meanGradient, varianceGradient);

        Assert.Equal(model.Predict(at), (mean, variance));
        Assert.Equal(0, meanGradient[1]);
        foreach (int axis in new[] { 0, 2 })
        {
            double[] above = [.. at];
            double[] below = [.. at];
            above[axis] += 1e-5;
            below[axis] -= 1e-5;
            Assert.Equal((model.Predict(above).Mean - model.Predict(below).Mean) / 2e-5, meanGradient[axis], 1e-6);
            Assert.Equal((model.Predict(above).Variance - model.Predict(below).Variance) / 2e-5, varianceGradient[axis], 1e-6);
        }
    }

    [Fact]
    public void Draws_without_noise_have_the_posterior_as_their_distribution()
    {
        GpModel model = GpModel.Condition(KernelShape.Matern52, new([Math.Log(0.5), Math.Log(0.3), 0]), Line, [false], Values);

        GpModel[] draws = model.WithoutNoise(4000, SeededRandom.For(1, "draws"));

        foreach (double at in new[] { 0.1, 0.9 })
        {
            double[] means = [.. draws.Select(draw => draw.Mean([at]))];
            (double mean, double variance) = model.Predict([at]);
            Assert.Equal(mean, means.Average(), 0.05 * Math.Sqrt(variance));
            Assert.Equal(1, means.Average(value => (value - mean) * (value - mean)) / variance, 0.1);
        }
    }

    [Fact]
    public void Draws_without_noise_are_the_model_itself_where_there_is_none()
    {
        GpModel model = GpModel.Condition(KernelShape.Matern52, new([0, Math.Log(1e-8), 0]), Line, [false], Values);

        Assert.Same(model, Assert.Single(model.WithoutNoise(16, SeededRandom.For(1, "draws"))));
    }

    /// <summary>Random points whose middle axis has three categories, and values that depend on all axes.</summary>
    internal static (double[] Points, double[] Values) Sample(int count, ulong seed)
    {
        SeededRandom random = SeededRandom.For(seed, "sample");
        double[] points = new double[count * 3];
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            (points[3 * i], points[(3 * i) + 1], points[(3 * i) + 2]) = (random.NextUnit(), random.NextInt(3), random.NextUnit());
            values[i] = Math.Sin(5 * points[3 * i]) + points[(3 * i) + 1] + Math.Exp(points[(3 * i) + 2]);
        }

        return (points, values);
    }
}
