namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Hyperparameters of a Gaussian process, as the vector that is fitted: log ℓ_1 … log ℓ_d, log λ, log δ.</summary>
/// <remarks>ℓ in units of the unit cube (of "differs" for nominal axes); λ is the variance of noise over that of the signal; δ is the bend of <see cref="OutputWarp"/>.</remarks>
internal sealed class GpParameters
{
    /// <param name="vector">Shape [d + 2]; owned.</param>
    public GpParameters(double[] vector) => Vector = vector;

    /// <summary>All of them; shape [d + 2].</summary>
    public double[] Vector { get; }

    /// <summary>Number of axes, d.</summary>
    public int Dimension => Vector.Length - 2;

    /// <summary>Logarithms of the lengthscales; shape [d].</summary>
    public ReadOnlySpan<double> LogLengthscales => Vector.AsSpan(0, Dimension);

    /// <summary>Variance of the noise over that of the signal.</summary>
    public double Noise => Math.Exp(Vector[^2]);

    /// <summary>log δ.</summary>
    public double LogWarp => Vector[^1];

    /// <summary>Weights 1 / ℓ² of the axes; shape [d].</summary>
    public double[] Weights() => [.. Vector.Take(Dimension).Select(log => Math.Exp(-2 * log))];
}
