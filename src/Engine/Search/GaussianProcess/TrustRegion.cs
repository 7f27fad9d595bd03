namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>A box around the best point: long along axes that matter little, shorter after failures, longer after successes.</summary>
/// <remarks>
/// Source: D. Eriksson, M. Pearce, J. R. Gardner, R. Turner, M. Poloczek, "Scalable global optimization via local Bayesian optimization",
/// NeurIPS 2019, section 2. Departures: its length is recomputed from the history, so it needs no memory and the order of arrival cannot
/// matter; one region follows the best point while other trials look elsewhere; where it has shrunk to nothing it starts again at full length.
/// </remarks>
internal sealed class TrustRegion
{
    private const double FirstLength = 0.8;
    private const double LargestLength = 1.6;
    private const double SmallestLength = 1.0 / 128;
    private const int SuccessesToGrow = 3;

    /// <param name="data">All observations; at least one.</param>
    /// <param name="isLocal">Which trials were sent into the trust region.</param>
    /// <param name="logLengthscales">Of the last local model, shape [d] or longer; null where there was none.</param>
    public TrustRegion(TrainingSet data, Func<int, bool> isLocal, double[]? logLengthscales)
    {
        int d = data.Space.Dimension;
        Length = Replay(data, isLocal, Math.Max(3, d));
        Scales = ScalesOf(data.Space, logLengthscales);
        Centre = data.ByRank[0];
        double[] unit = data.Unit(Centre);
        Lower = new double[d];
        Upper = new double[d];
        for (int j = 0; j < d; j++)
        {
            int levels = data.Space.Axes.Axes[j].Levels;
            bool isOpen = double.IsNaN(unit[j]) || data.Space.IsNominal[j];
            double half = Math.Max(0.5 * Length * Scales[j], levels > 0 ? 1.01 / levels : 0);
            (Lower[j], Upper[j]) = isOpen ? (0, 1) : (Math.Max(0, unit[j] - half), Math.Min(1, unit[j] + half));
        }
    }

    /// <summary>Length of its side on an axis of average lengthscale.</summary>
    public double Length { get; }

    /// <summary>Index of the observation in its middle.</summary>
    public int Centre { get; }

    /// <summary>Lengths along the axes, 1 on average; shape [d].</summary>
    public double[] Scales { get; }

    /// <summary>Lower corner; shape [d].</summary>
    public double[] Lower { get; }

    /// <summary>Upper corner; shape [d]. Nominal axes are whole.</summary>
    public double[] Upper { get; }

    private static double Replay(TrainingSet data, Func<int, bool> isLocal, int failuresToShrink)
    {
        double length = FirstLength;
        int successes = 0;
        int failures = 0;
        double best = double.PositiveInfinity;
        for (int i = 0; i < data.Count; i++)
        {
            bool isBetter = data.Values[i] < best && data.IsFeasible(i);
            best = isBetter ? data.Values[i] : best;
            if (!isLocal(data.Trial(i)))
            {
                continue;
            }

            (successes, failures) = isBetter ? (successes + 1, 0) : (0, failures + 1);
            if (successes == SuccessesToGrow)
            {
                (length, successes) = (Math.Min(LargestLength, 2 * length), 0);
            }
            else if (failures == failuresToShrink)
            {
                (length, failures) = (length / 2 < SmallestLength ? FirstLength : length / 2, 0);
            }
        }

        return length;
    }

    private static double[] ScalesOf(ModelSpace space, double[]? logLengthscales)
    {
        double[] scales = [.. Enumerable.Repeat(1.0, space.Dimension)];
        int[] numeric = [.. Enumerable.Range(0, space.Dimension).Where(j => !space.IsNominal[j])];
        if (logLengthscales is not null && numeric.Length > 0)
        {
            double mean = numeric.Average(j => logLengthscales[j]);
            foreach (int j in numeric)
            {
                scales[j] = Math.Clamp(Math.Exp(logLengthscales[j] - mean), 0.2, 5);
            }
        }

        return scales;
    }
}
