namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>What decides which point is worth evaluating.</summary>
public enum AcquisitionFunction
{
    /// <summary>Logarithm of the expected improvement: the same optimum, with gradients everywhere.</summary>
    LogExpectedImprovement,

    /// <summary>Expected improvement.</summary>
    ExpectedImprovement,

    /// <summary>Expected improvement averaged over what the noise-free values of the observations may be.</summary>
    NoisyExpectedImprovement,

    /// <summary>Mean minus κ standard deviations.</summary>
    LowerConfidenceBound,

    /// <summary>Probability of improvement.</summary>
    ProbabilityOfImprovement,

    /// <summary>A portfolio of the expected improvement, the confidence bound and the probability of improvement that learns which one does best.</summary>
    Hedge,
}
