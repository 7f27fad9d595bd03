using HpoServerless.Engine.Search.GaussianProcess;

namespace HpoServerless.Engine.Tests.Search.GaussianProcess;

public sealed class GpLikelihoodTests
{
    private static readonly bool[] IsNominal = [false, true, false];

    /// <remarks>Origin: determinant and quadratic form of three points computed with 40 decimal digits (mpmath).</remarks>
    [Theory]
    [InlineData(0, 1.885794023349398)]
    [InlineData(1, 2.4510805963572179)]
    public void Evaluate_agrees_with_three_points_up_to_the_prior(int shape, double expected)
    {
        // Values whose straight warp is 1, -1, 0.5 less their mean 1/6: the lowest is 0 and the median distance is the unit.
        GpPrior prior = GpPrior.Straight([false]);
        double[] vector = [Math.Log(0.5), Math.Log(0.01), prior.Lower[2]];
        OutputWarp warp = new([1, -1, 0.5]);
        double[] targets = new double[3];
        warp.Apply(vector[2], targets, new double[3], out _);
        GpModel model = GpModel.Condition((KernelShape)shape, new(vector), [0.1, 0.4, 0.9], [false], targets);
        GpModel table = GpModel.Condition((KernelShape)shape, new(vector), [0.1, 0.4, 0.9], [false], [1, -1, 0.5]);

        double loss = new GpLikelihood((KernelShape)shape, prior, [0.1, 0.4, 0.9], [false], warp, 3).Evaluate(vector, new double[3]);

        double prioress = prior.Add(vector, new double[3]);
        Assert.Equal(expected, loss - prioress + (1.5 * Math.Log(table.Signal / model.Signal)), 1e-6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_gradient_is_that_of_finite_differences(int shape)
    {
        (double[] points, double[] values) = GpModelTests.Sample(15, 8);
        GpLikelihood likelihood = new((KernelShape)shape, GpPrior.Bending(IsNominal), points, IsNominal, new(values), 15);
        double[] vector = [-0.9, 0.1, 0.4, -4, -0.5];
        double[] gradient = new double[5];
        double[] ignored = new double[5];

        likelihood.Evaluate(vector, gradient);

        for (int i = 0; i < vector.Length; i++)
        {
            double[] above = [.. vector];
            double[] below = [.. vector];
            above[i] += 1e-5;
            below[i] -= 1e-5;
            double difference = likelihood.Evaluate(above, ignored) - likelihood.Evaluate(below, ignored);
            Assert.Equal(difference / 2e-5, gradient[i], 1e-5);
        }
    }

    [Fact]
    public void Evaluate_is_infinite_where_the_matrix_is_singular()
    {
        GpLikelihood likelihood = new(KernelShape.SquaredExponential, GpPrior.Bending([false]), [0.5, 0.5, 0.5], [false], new([1, 2, 3]), 3);

        Assert.Equal(double.PositiveInfinity, likelihood.Evaluate([0, -40, 0], new double[3]));
    }
}
