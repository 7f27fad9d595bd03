using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HpoServerless.Engine.Numerics;

/// <summary>Products of dense vectors, four lanes at a time.</summary>
/// <remarks>Sums are taken in one order on every machine, whatever vectors it has, so that results do not depend on where they are computed.</remarks>
internal static class Dense
{
    /// <summary>Sum of products.</summary>
    /// <param name="x">Shape [n].</param>
    /// <param name="y">Shape [n] or longer.</param>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        y = y[..x.Length];
        ref double a = ref MemoryMarshal.GetReference(x);
        ref double b = ref MemoryMarshal.GetReference(y);
        Vector256<double> even = Vector256<double>.Zero;
        Vector256<double> odd = Vector256<double>.Zero;
        nuint i = 0;
        nuint length = (nuint)x.Length;
        for (; i + 8 <= length; i += 8)
        {
            even += Vector256.LoadUnsafe(ref a, i) * Vector256.LoadUnsafe(ref b, i);
            odd += Vector256.LoadUnsafe(ref a, i + 4) * Vector256.LoadUnsafe(ref b, i + 4);
        }

        Vector256<double> lanes = even + odd;
        double sum = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
        for (; i < length; i++)
        {
            sum += x[(int)i] * y[(int)i];
        }

        return sum;
    }

    /// <summary>y += factor · x.</summary>
    /// <param name="factor">Any number.</param>
    /// <param name="x">Shape [n].</param>
    /// <param name="y">Shape [n] or longer.</param>
    public static void AddScaled(double factor, ReadOnlySpan<double> x, Span<double> y)
    {
        y = y[..x.Length];
        ref double a = ref MemoryMarshal.GetReference(x);
        ref double b = ref MemoryMarshal.GetReference(y);
        Vector256<double> factors = Vector256.Create(factor);
        nuint i = 0;
        nuint length = (nuint)x.Length;
        for (; i + 4 <= length; i += 4)
        {
            (Vector256.LoadUnsafe(ref b, i) + (factors * Vector256.LoadUnsafe(ref a, i))).StoreUnsafe(ref b, i);
        }

        for (; i < length; i++)
        {
            y[(int)i] += factor * x[(int)i];
        }
    }
}
