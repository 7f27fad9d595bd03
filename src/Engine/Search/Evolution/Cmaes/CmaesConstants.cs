namespace HpoServerless.Engine.Search.Evolution.Cmaes;

/// <summary>The default strategy parameters for d coordinates and λ candidates a generation.</summary>
/// <remarks>N. Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772 (2023), table 1; separable: R. Ros and N. Hansen, PPSN X (2008) 296-305: both rates of the covariance are (d + 2) / 3 times as high.</remarks>
internal sealed class CmaesConstants
{
    /// <param name="dimension">d, at least 1.</param>
    /// <param name="population">λ, at least 4.</param>
    /// <param name="separable">Whether covariances are left out.</param>
    public CmaesConstants(int dimension, int population, bool separable)
    {
        double n = dimension;
        double[] raw = [.. Enumerable.Range(1, population).Select(i => Math.Log((population + 1) / 2.0) - Math.Log(i))];
        double[] positive = [.. raw.Where(w => w > 0)];
        double[] negative = [.. raw.Where(w => w <= 0)];
        double sum = positive.Sum();
        MuEff = sum * sum / positive.Sum(w => w * w);
        double negativeSum = -negative.Sum();
        double negativeMuEff = negativeSum * negativeSum / negative.Sum(w => w * w);

        StepRate = (MuEff + 2) / (n + MuEff + 5);
        StepDamping = 1 + (2 * Math.Max(0, Math.Sqrt((MuEff - 1) / (n + 1)) - 1)) + StepRate;
        PathRate = (4 + (MuEff / n)) / (n + 4 + (2 * MuEff / n));
        double faster = separable ? (n + 2) / 3 : 1;
        RankOneRate = Math.Min(0.5, faster * 2 / (((n + 1.3) * (n + 1.3)) + MuEff));
        RankMuRate = Math.Min(1 - RankOneRate, faster * 2 * (0.25 + MuEff + (1 / MuEff) - 2) / (((n + 2) * (n + 2)) + MuEff));
        ExpectedLength = Math.Sqrt(n) * (1 - (1 / (4 * n)) + (1 / (21 * n * n)));
        LongestStep = Math.Sqrt(n) + (2 * n / (n + 2));

        double most = Math.Min(1 + (RankOneRate / RankMuRate), Math.Min(1 + (2 * negativeMuEff / (MuEff + 2)), (1 - RankOneRate - RankMuRate) / (n * RankMuRate)));
        Weights = [.. raw.Select(w => w > 0 ? w / sum : w * Math.Max(0, most) / negativeSum)];
    }

    /// <summary>By rank, the best first; the positive ones sum to 1 (eq. 49-53). Shape [λ].</summary>
    public double[] Weights { get; }

    /// <summary>μ_eff.</summary>
    public double MuEff { get; }

    /// <summary>c_σ (eq. 55).</summary>
    public double StepRate { get; }

    /// <summary>d_σ (eq. 55).</summary>
    public double StepDamping { get; }

    /// <summary>c_c (eq. 56).</summary>
    public double PathRate { get; }

    /// <summary>c_1 (eq. 57).</summary>
    public double RankOneRate { get; }

    /// <summary>c_μ (eq. 58).</summary>
    public double RankMuRate { get; }

    /// <summary>Expected length of a standard normal vector.</summary>
    public double ExpectedLength { get; }

    /// <summary>Longest step in standard deviations that is believed (N. Hansen, "Injecting external solutions into CMA-ES", arXiv:1110.4181, table 1).</summary>
    public double LongestStep { get; }
}
