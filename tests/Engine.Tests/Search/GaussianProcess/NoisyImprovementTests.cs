using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.GaussianProcess;

namespace HpoServerless.Engine.Tests.Search.GaussianProcess;

public sealed class NoisyImprovementTests
{
    [Fact]
    public void Evaluate_is_the_logarithm_of_the_average()
    {
        GpModel[] draws = Draws();
        double[] at = [0.4, 1, 0.2];
        double average = draws.Average(draw => Improvement(draw, at));

        Assert.Equal(Math.Log(average), new NoisyImprovement(draws, [1, 1, 1, 1]).Evaluate(at, []), 1e-10);
        double Improvement(GpModel draw, double[] point) => Acquisition.Evaluate(
            AcquisitionFunction.ExpectedImprovement, draw.Mean(point), draws[0].Predict(point).Variance, 1, 0, out _, out _);
    }

    [Fact]
    public void The_gradient_is_that_of_finite_differences()
    {
        NoisyImprovement improvement = new(Draws(), [1, 1.2, 0.9, 1.1]);
        double[] gradient = new double[3];
        double[] at = [0.35, 2, 0.6];

        improvement.Evaluate(at, gradient);

        foreach (int axis in new[] { 0, 2 })
        {
            double[] above = [.. at];
            double[] below = [.. at];
            above[axis] += 1e-5;
            below[axis] -= 1e-5;
            Assert.Equal((improvement.Evaluate(above, []) - improvement.Evaluate(below, [])) / 2e-5, gradient[axis], 1e-5);
        }
    }

    private static GpModel[] Draws()
    {
        (double[] points, double[] values) = GpModelTests.Sample(12, 4);
        GpModel model = GpModel.Condition(KernelShape.Matern52, new([-0.7, 0.2, -0.3, -2, 0]), points, [false, true, false], values);
        return model.WithoutNoise(4, SeededRandom.For(2, "draws"));
    }
}
