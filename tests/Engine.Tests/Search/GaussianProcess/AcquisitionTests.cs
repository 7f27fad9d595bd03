using HpoServerless.Engine.Search.GaussianProcess;

namespace HpoServerless.Engine.Tests.Search.GaussianProcess;

public sealed class AcquisitionTests
{
    /// <remarks>Origin: the definitions, computed with 60 decimal digits (mpmath).</remarks>
    [Theory]
    [InlineData(0, 1, 0, -0.9189385332046727, 0.3989422804014327, 2.0, -0.6931471805599453)]
    [InlineData(0.5, 0.04, 0, -7.821979557877613, 0.0004008274358256399, -0.1, -5.08164827727869)]
    [InlineData(-1, 0.25, 0.5, 0.4055924847677625, 1.500191077158524, 2.0, -0.001350809964748194)]
    [InlineData(3, 0.01, 0, -460.027238853592, 1.631956734091401e-200, -2.8, -454.3212439563432)]
    public void Evaluate_agrees_with_the_table(double mean, double variance, double best, double logImprovement, double improvement, double bound, double logProbability)
    {
        AssertClose(logImprovement, Evaluate(AcquisitionFunction.LogExpectedImprovement));
        AssertClose(improvement, Evaluate(AcquisitionFunction.ExpectedImprovement));
        AssertClose(bound, Evaluate(AcquisitionFunction.LowerConfidenceBound));
        AssertClose(logProbability, Evaluate(AcquisitionFunction.ProbabilityOfImprovement));

        double Evaluate(AcquisitionFunction function) => Acquisition.Evaluate(function, mean, variance, best, kappa: 2, out _, out _);
    }

    [Theory]
    [InlineData(AcquisitionFunction.LogExpectedImprovement)]
    [InlineData(AcquisitionFunction.ExpectedImprovement)]
    [InlineData(AcquisitionFunction.LowerConfidenceBound)]
    [InlineData(AcquisitionFunction.ProbabilityOfImprovement)]
    public void Derivatives_are_those_of_finite_differences(AcquisitionFunction function)
    {
        foreach ((double mean, double variance) in new[] { (0.3, 0.5), (2, 0.1), (-1, 0.7) })
        {
            Acquisition.Evaluate(function, mean, variance, 0.1, 1.5, out double byMean, out double byVariance);
            Assert.Equal((At(mean + 1e-6, variance) - At(mean - 1e-6, variance)) / 2e-6, byMean, 1e-5);
            Assert.Equal((At(mean, variance + 1e-6) - At(mean, variance - 1e-6)) / 2e-6, byVariance, 1e-5);
        }

        double At(double mean, double variance) => Acquisition.Evaluate(function, mean, variance, 0.1, 1.5, out _, out _);
    }

    private static void AssertClose(double expected, double actual) => Assert.InRange(actual / expected, 1 - 1e-10, 1 + 1e-10);
}
