using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Correlation as a function of the squared scaled distance q = Σ (x_j - x'_j)² / ℓ_j².</summary>
/// <remarks>
/// Source: C. E. Rasmussen, C. K. I. Williams, "Gaussian processes for machine learning", 2006, eq. 4.17 (Matérn 5/2) and 4.9 (squared
/// exponential). Slopes are taken by q, not by distance, so that they stay finite at 0: -5/6 (1 + √5 r) e^(-√5 r) and -k/2.
/// </remarks>
internal static class Kernel
{
    private const double Sqrt5 = 2.236067977499789696409174;

    /// <summary>Correlation at a squared distance.</summary>
    /// <param name="shape">Which kernel.</param>
    /// <param name="q">Squared scaled distance.</param>
    /// <param name="slope">Its derivative by q.</param>
    public static double At(KernelShape shape, double q, out double slope)
    {
        if (shape == KernelShape.SquaredExponential)
        {
            double squared = Math.Exp(-0.5 * q);
            slope = -0.5 * squared;
            return squared;
        }

        double r = Sqrt5 * Math.Sqrt(q);
        double decay = Math.Exp(-r);
        slope = -5.0 / 6 * (1 + r) * decay;
        return (1 + r + (5.0 / 3 * q)) * decay;
    }

    /// <summary>Replaces squared distances by correlations.</summary>
    /// <param name="shape">Which kernel.</param>
    /// <param name="values">Squared distances; receives correlations. Shape [n].</param>
    /// <param name="slopes">Receives derivatives by the squared distance; shape [n].</param>
    public static void Evaluate(KernelShape shape, Span<double> values, Span<double> slopes)
    {
        slopes = slopes[..values.Length];
        ref double value = ref MemoryMarshal.GetReference(values);
        ref double slope = ref MemoryMarshal.GetReference(slopes);
        nuint i = 0;
        for (; i + 4 <= (nuint)values.Length; i += 4)
        {
            Vector256<double> q = Vector256.LoadUnsafe(ref value, i);
            if (shape == KernelShape.SquaredExponential)
            {
                Vector256<double> squared = Vector256.Exp(-0.5 * q);
                squared.StoreUnsafe(ref value, i);
                (-0.5 * squared).StoreUnsafe(ref slope, i);
                continue;
            }

            Vector256<double> r = Sqrt5 * Vector256.Sqrt(q);
            Vector256<double> decay = Vector256.Exp(-r);
            Vector256<double> near = (Vector256<double>.One + r) * decay;
            (near + (5.0 / 3 * q * decay)).StoreUnsafe(ref value, i);
            (-5.0 / 6 * near).StoreUnsafe(ref slope, i);
        }

        for (int rest = (int)i; rest < values.Length; rest++)
        {
            values[rest] = At(shape, values[rest], out slopes[rest]);
        }
    }
}
