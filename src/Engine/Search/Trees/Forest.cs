using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>A random forest or extremely randomised trees.</summary>
/// <param name="kind">Which of the two.</param>
/// <param name="trees">How many; at least 1.</param>
/// <param name="bootstrap">Whether every tree sees a sample with replacement instead of all rows.</param>
/// <remarks>
/// <para>The variance is that of a mixture: the mean of the leaves' variances and the variance of their means. A tree sees at most <see cref="MostRows"/> rows.</para>
/// <para>
/// Sources: L. Breiman, "Random forests", Machine Learning 45 (2001); P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", Machine
/// Learning 63 (2006); F. Hutter, H. Hoos, K. Leyton-Brown, "Sequential model-based optimization for general algorithm configuration", LION 2011
/// (forests as surrogates), with the law of total variance of the 2014 paper that <see cref="TreeGrower"/> names (eq. 3).
/// </para>
/// </remarks>
internal sealed class Forest(ForestKind kind, int trees, bool bootstrap) : ISurrogate
{
    /// <summary>Most rows a tree sees, so that a suggestion costs no more after many trials.</summary>
    public const int MostRows = 1000;

    private readonly GrowthRules _rules = new()
    {
        Cuts = kind == ForestKind.Random ? CutStyle.BestInGap : CutStyle.Random,
        AxisShare = kind == ForestKind.Random ? 5.0 / 6 : 1,
    };

    /// <inheritdoc/>
    public string Description { get; } = kind == ForestKind.Random ? $"a random forest of {trees} trees" : $"{trees} extra trees";

    /// <inheritdoc/>
    public IPrediction Fit(TrainingSet data, SeededRandom random)
    {
        TreeGrower grower = new(data, _rules);
        RegressionTree[] grown = new RegressionTree[trees];
        for (int i = 0; i < trees; i++)
        {
            grown[i] = grower.Grow(Weights(data.Rows.Count, random), random);
        }

        return new Prediction(grown);
    }

    private double[] Weights(int rows, SeededRandom random)
    {
        double[] weights = new double[rows];
        if (bootstrap)
        {
            for (int i = 0; i < Math.Min(rows, MostRows); i++)
            {
                weights[random.NextInt(rows)]++;
            }

            return weights;
        }

        weights.AsSpan(0, Math.Min(rows, MostRows)).Fill(1);
        if (rows > MostRows)
        {
            random.Shuffle(weights.AsSpan());
        }

        return weights;
    }

    private sealed class Prediction(RegressionTree[] trees) : IPrediction
    {
        public (double Mean, double Deviation) At(ReadOnlySpan<double> row)
        {
            (double sum, double variances) = (0, 0);
            Span<double> means = trees.Length <= 256 ? stackalloc double[trees.Length] : new double[trees.Length];
            for (int i = 0; i < trees.Length; i++)
            {
                ref readonly TreeNode leaf = ref trees[i].Leaf(row);
                means[i] = leaf.Mean;
                sum += leaf.Mean;
                variances += leaf.Variance;
            }

            double mean = sum / trees.Length;
            foreach (double other in means)
            {
                variances += (other - mean) * (other - mean);
            }

            return (mean, Math.Sqrt(variances / trees.Length));
        }
    }
}

/// <summary>Kinds of forests.</summary>
internal enum ForestKind
{
    /// <summary>Extremely randomised trees ("ET").</summary>
    Extra,

    /// <summary>A random forest ("RF").</summary>
    Random,
}
