namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Bounds and normal priors of the logarithms of hyperparameters.</summary>
/// <remarks>
/// Lengthscales are expected to grow with the square root of the dimension, so that typical distances stay comparable to them (C. Hvarfner,
/// E. O. Hellsten, L. Nardi, "Vanilla Bayesian optimization performs great in high dimensions", ICML 2024, section 5; narrower here). Noise is
/// expected to be small but is bounded only by working precision, so that exact objectives are interpolated.
/// </remarks>
internal sealed class GpPrior
{
    private readonly double[] _means;
    private readonly double[] _deviations;

    private GpPrior(ReadOnlySpan<bool> isNominal, double warp, double warpDeviation, double lowestWarp, double highestWarp)
    {
        int d = isNominal.Length;
        _means = new double[d + 2];
        _deviations = new double[d + 2];
        Lower = new double[d + 2];
        Upper = new double[d + 2];
        for (int i = 0; i < d; i++)
        {
            _means[i] = isNominal[i] ? 0 : Math.Log(0.4 * Math.Sqrt(d));
            _deviations[i] = 1.0;
            (Lower[i], Upper[i]) = (Math.Log(isNominal[i] ? 0.1 : 0.005), Math.Log(100));
        }

        (_means[d], _deviations[d], Lower[d], Upper[d]) = (Math.Log(1e-6), 4, Math.Log(1e-10), Math.Log(10));
        (_means[d + 1], _deviations[d + 1], Lower[d + 1], Upper[d + 1]) = (Math.Log(warp), warpDeviation, Math.Log(lowestWarp), Math.Log(highestWarp));
    }

    /// <summary>Lower bounds; shape [d + 2].</summary>
    public double[] Lower { get; }

    /// <summary>Upper bounds; shape [d + 2].</summary>
    public double[] Upper { get; }

    /// <summary>The most likely hyperparameters before any result.</summary>
    public GpParameters Mode => new([.. _means]);

    /// <summary>Values bend as much as makes them likeliest.</summary>
    public static GpPrior Bending(ReadOnlySpan<bool> isNominal) => new(isNominal, 3, 2, 1e-5, 1e3);

    /// <summary>Values bend a little at most: differences between the lowest ones stay small.</summary>
    public static GpPrior Stiff(ReadOnlySpan<bool> isNominal) => new(isNominal, 3, 2, 0.3, 1e3);

    /// <summary>Values do not bend.</summary>
    public static GpPrior Straight(ReadOnlySpan<bool> isNominal) => new(isNominal, 1e14, 1, 1e14, 1e14);

    /// <summary>Negative log density up to a constant.</summary>
    /// <param name="vector">Shape [d + 2].</param>
    /// <param name="gradient">The gradient is added to it; shape [d + 2].</param>
    public double Add(ReadOnlySpan<double> vector, Span<double> gradient)
    {
        double sum = 0;
        for (int i = 0; i < vector.Length; i++)
        {
            double distance = (vector[i] - _means[i]) / _deviations[i];
            sum += 0.5 * distance * distance;
            gradient[i] += distance / _deviations[i];
        }

        return sum;
    }
}
