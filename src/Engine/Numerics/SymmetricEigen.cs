namespace HpoServerless.Engine.Numerics;

/// <summary>Eigenvalues and eigenvectors of symmetric matrices.</summary>
/// <remarks>
/// Cyclic Jacobi rotations: O(n³) a sweep, of which about eight are needed. Source: G. H. Golub and C. F. Van Loan, "Matrix Computations",
/// 4th ed., section 8.5. The same bits on every machine: nothing but the four operations and roots.
/// </remarks>
internal static class SymmetricEigen
{
    private const int MostSweeps = 30;

    /// <summary>Decomposes A = V · diag(values) · Vᵀ.</summary>
    /// <param name="matrix">A, symmetric; shape [n, n] by rows. Not changed.</param>
    /// <param name="n">Rows and columns.</param>
    /// <returns>Eigenvalues, shape [n], in no order; and the eigenvectors as the rows of Vᵀ, shape [n, n].</returns>
    public static (double[] Values, double[] Rows) Decompose(ReadOnlySpan<double> matrix, int n)
    {
        double[] a = matrix.ToArray();
        double[] rows = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            rows[(i * n) + i] = 1;
        }

        for (int sweep = 0; sweep < MostSweeps && Off(a, n) > 0; sweep++)
        {
            for (int p = 0; p < n - 1; p++)
            {
                for (int q = p + 1; q < n; q++)
                {
                    Rotate(a, rows, n, p, q);
                }
            }
        }

        return ([.. Enumerable.Range(0, n).Select(i => a[(i * n) + i])], rows);
    }

    /// <summary>Sum of the squares beside the diagonal; 0 where they no longer matter.</summary>
    private static double Off(double[] a, int n)
    {
        double off = 0;
        double on = 0;
        for (int i = 0; i < n; i++)
        {
            on += a[(i * n) + i] * a[(i * n) + i];
            for (int j = i + 1; j < n; j++)
            {
                off += a[(i * n) + j] * a[(i * n) + j];
            }
        }

        return off <= 1e-32 * on ? 0 : off;
    }

    private static void Rotate(double[] a, double[] rows, int n, int p, int q)
    {
        double apq = a[(p * n) + q];
        if (apq == 0)
        {
            return;
        }

        double tau = (a[(q * n) + q] - a[(p * n) + p]) / (2 * apq);
        double t = (tau >= 0 ? 1 : -1) / (Math.Abs(tau) + Math.Sqrt(1 + (tau * tau)));
        double c = 1 / Math.Sqrt(1 + (t * t));
        double s = t * c;
        for (int k = 0; k < n; k++)
        {
            double akp = a[(k * n) + p];
            double akq = a[(k * n) + q];
            a[(k * n) + p] = (c * akp) - (s * akq);
            a[(k * n) + q] = (s * akp) + (c * akq);
        }

        Turn(a, n, p, q, c, s);
        Turn(rows, n, p, q, c, s);
    }

    private static void Turn(double[] a, int n, int p, int q, double c, double s)
    {
        Span<double> first = a.AsSpan(p * n, n);
        Span<double> second = a.AsSpan(q * n, n);
        for (int k = 0; k < n; k++)
        {
            (first[k], second[k]) = ((c * first[k]) - (s * second[k]), (s * first[k]) + (c * second[k]));
        }
    }
}
