namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Logarithm of the expected improvement averaged over draws of the noise-free values.</summary>
/// <remarks>
/// Source: B. Letham, B. Karrer, G. Ottoni, E. Bakshy, "Constrained Bayesian optimization with noisy experiments", Bayesian Analysis 14 (2019)
/// 495-519, eq. 6. Departure: pseudo-random draws in place of a quasi-random sequence.
/// </remarks>
/// <param name="draws">Models of one variance, each conditioned on its draw; at least one.</param>
/// <param name="bests">Value to improve on in each.</param>
internal sealed class NoisyImprovement(GpModel[] draws, double[] bests)
{
    private readonly double[] _gradient = new double[draws[0].Dimension];
    private readonly double[] _varianceGradient = new double[draws[0].Dimension];

    /// <summary>Value of a point, as a <see cref="PointValue"/>.</summary>
    public double Evaluate(ReadOnlySpan<double> point, Span<double> gradient)
    {
        bool isSloped = !gradient.IsEmpty;
        gradient.Clear();
        (_, double variance) = isSloped ? draws[0].Predict(point, _gradient, _varianceGradient) : draws[0].Predict(point);
        double highest = double.NegativeInfinity;
        double total = 0;
        double byVarianceSum = 0;
        for (int i = 0; i < draws.Length; i++)
        {
            double mean = isSloped ? draws[i].Mean(point, _gradient) : draws[i].Mean(point);
            double log = Acquisition.Evaluate(AcquisitionFunction.LogExpectedImprovement, mean, variance, bests[i], 0, out double byMean, out double byVariance);
            if (log > highest)
            {
                Rescale(gradient, Math.Exp(highest - log), ref total, ref byVarianceSum);
                highest = log;
            }

            double weight = Math.Exp(log - highest);
            total += weight;
            byVarianceSum += weight * byVariance;
            for (int j = 0; j < gradient.Length; j++)
            {
                gradient[j] += weight * byMean * _gradient[j];
            }
        }

        for (int j = 0; j < gradient.Length; j++)
        {
            gradient[j] = (gradient[j] + (byVarianceSum * _varianceGradient[j])) / total;
        }

        return highest + Math.Log(total / draws.Length);
    }

    /// <summary>Keeps the sums relative to the highest logarithm so far, so that none underflows.</summary>
    private static void Rescale(Span<double> gradient, double factor, ref double total, ref double byVarianceSum)
    {
        total *= factor;
        byVarianceSum *= factor;
        foreach (ref double component in gradient)
        {
            component *= factor;
        }
    }
}
