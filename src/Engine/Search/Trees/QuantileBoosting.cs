using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>Boosted trees for the 16, 50 and 84 % quantiles: the middle one is the mean, half the distance of the others the deviation.</summary>
/// <param name="rounds">Trees a quantile; at least 1.</param>
/// <remarks>
/// <para>Every tree is fitted to the signs of what is left, and each of its leaves takes the quantile of what is left there. Cost: O(rounds · d · n · depth).</para>
/// <para>
/// Sources: J. Friedman, "Greedy function approximation: a gradient boosting machine", Ann. Statist. 29 (2001), algorithm 1 with section 4.3's leaves,
/// for the quantile loss of R. Koenker and G. Bassett, Econometrica 46 (1978). Departure: quantiles that cross are put in order.
/// </para>
/// </remarks>
internal sealed class QuantileBoosting(int rounds) : ISurrogate
{
    private const double LearningRate = 0.1;
    private static readonly double[] Quantiles = [0.16, 0.5, 0.84];
    private static readonly GrowthRules Rules = new() { Cuts = CutStyle.BestMiddle, MaxDepth = 3 };

    /// <inheritdoc/>
    public string Description { get; } = $"{rounds} boosted trees a quantile";

    /// <inheritdoc/>
    public IPrediction Fit(TrainingSet data, SeededRandom random) =>
        new Prediction([.. Quantiles.Select(quantile => Boost(data, quantile, random))]);

    /// <summary>The lowest of the values that at least this share of them does not exceed.</summary>
    internal static double Quantile(Span<double> values, double share)
    {
        values.Sort();
        return values[Math.Clamp((int)Math.Ceiling(share * values.Length) - 1, 0, values.Length - 1)];
    }

    private (double Start, RegressionTree[] Trees) Boost(TrainingSet data, double quantile, SeededRandom random)
    {
        int n = data.Rows.Count;
        double start = Quantile([.. data.Targets], quantile);
        double[] left = [.. data.Targets.Select(target => target - start)];
        double[] signs = new double[n];
        double[] weights = new double[n];
        Array.Fill(weights, 1);
        double[] work = new double[n];
        TrainingSet residuals = data.With(signs);
        TreeGrower grower = new(residuals, Rules);
        RegressionTree[] trees = new RegressionTree[rounds];
        for (int round = 0; round < rounds; round++)
        {
            for (int row = 0; row < n; row++)
            {
                residuals.Targets[row] = left[row] > 0 ? quantile : quantile - 1;
            }

            trees[round] = grower.Grow(weights, random, rows =>
            {
                for (int i = 0; i < rows.Length; i++)
                {
                    work[i] = left[rows[i]];
                }

                double step = LearningRate * Quantile(work.AsSpan(0, rows.Length), quantile);
                foreach (int row in rows)
                {
                    left[row] -= step;
                }

                return step;
            });
        }

        return (start, trees);
    }

    private sealed class Prediction((double Start, RegressionTree[] Trees)[] quantiles) : IPrediction
    {
        public (double Mean, double Deviation) At(ReadOnlySpan<double> row)
        {
            Span<double> values = stackalloc double[quantiles.Length];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = quantiles[i].Start;
                foreach (RegressionTree tree in quantiles[i].Trees)
                {
                    values[i] += tree.Leaf(row).Prediction;
                }
            }

            values.Sort();
            return (values[1], (values[2] - values[0]) / 2);
        }
    }
}
