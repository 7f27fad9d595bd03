using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Values a point by the posterior there; higher is better.</summary>
/// <remarks>
/// Sources: J. Mockus, "On Bayesian methods for seeking the extremum", 1975, and S. Ament et al., "Unexpected improvements to expected
/// improvement for Bayesian optimization", NeurIPS 2023, eq. 9 (expected improvement and its logarithm); D. D. Cox, S. John, "SDO: a
/// statistical method for global optimization", 1997 (confidence bound); H. J. Kushner, J. Basic Eng. 86 (1964) 97-106 (probability of
/// improvement, whose logarithm is taken).
/// </remarks>
internal static class Acquisition
{
    /// <summary>Value of a point.</summary>
    /// <param name="function">Any but the portfolio, which chooses among the others.</param>
    /// <param name="mean">Posterior mean.</param>
    /// <param name="variance">Posterior variance, above 0.</param>
    /// <param name="best">Value to improve on.</param>
    /// <param name="kappa">Weight of the standard deviation in the confidence bound.</param>
    /// <param name="byMean">Derivative by the mean.</param>
    /// <param name="byVariance">Derivative by the variance.</param>
    public static double Evaluate(AcquisitionFunction function, double mean, double variance, double best, double kappa, out double byMean, out double byVariance)
    {
        double deviation = Math.Sqrt(variance);
        double z = (best - mean) / deviation;
        switch (function)
        {
            case AcquisitionFunction.LowerConfidenceBound:
                byMean = -1;
                byVariance = kappa / (2 * deviation);
                return (kappa * deviation) - mean;
            case AcquisitionFunction.ProbabilityOfImprovement:
                double logCdf = ImprovementFunction.LogCdf(z);
                double hazard = Math.Exp(Normal.LogPdf(z) - logCdf);
                byMean = -hazard / deviation;
                byVariance = -hazard * z / (2 * variance);
                return logCdf;
            default:
                double log = ImprovementFunction.LogH(z, out double slope) + Math.Log(deviation);
                double scale = function == AcquisitionFunction.ExpectedImprovement ? Math.Exp(log) : 1;
                byMean = -scale * slope / deviation;
                byVariance = scale * (1 - (slope * z)) / (2 * variance);
                return function == AcquisitionFunction.ExpectedImprovement ? scale : log;
        }
    }
}
