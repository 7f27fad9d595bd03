namespace HpoServerless.Engine.Numerics;

/// <summary>The lower triangular factor L of a symmetric positive definite matrix A = L Lᵀ, which grows by rows.</summary>
/// <remarks>
/// Source: G. H. Golub, C. F. Van Loan, "Matrix computations", 4th ed., section 4.2 (row-wise Cholesky). Rows are contiguous, so every inner
/// loop is a product of vectors. Cost: n³/6 multiplications to factor, n²/2 for a row, n² for a solve, n³/3 for the inverse.
/// A mutable class: it belongs to one caller.
/// </remarks>
internal sealed class Cholesky
{
    private double[] _rows;
    private int _stride;

    /// <param name="capacity">Rows to make room for; more can be appended.</param>
    public Cholesky(int capacity = 16)
    {
        _stride = Math.Max(capacity, 1);
        _rows = new double[_stride * _stride];
    }

    /// <summary>Number of rows, n below.</summary>
    public int Size { get; private set; }

    /// <summary>Logarithm of the determinant of A.</summary>
    public double LogDeterminant
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < Size; i++)
            {
                sum += Math.Log(_rows[(i * _stride) + i]);
            }

            return 2 * sum;
        }
    }

    /// <summary>Row <paramref name="index"/> of L up to its diagonal.</summary>
    public ReadOnlySpan<double> Row(int index) => _rows.AsSpan(index * _stride, index + 1);

    /// <summary>Forgets all rows from <paramref name="size"/> on.</summary>
    public void Truncate(int size) => Size = Math.Min(Size, size);

    /// <summary>Factors a matrix from the beginning.</summary>
    /// <param name="matrix">Row-major, [n · n]; only the lower triangle is read.</param>
    /// <param name="n">Rows.</param>
    /// <returns>False if it is not positive definite to working precision; the rows before the failure are kept.</returns>
    public bool TryFactor(ReadOnlySpan<double> matrix, int n)
    {
        Size = 0;
        Reserve(n);
        for (int i = 0; i < n; i++)
        {
            if (!TryAppend(matrix.Slice(i * n, i + 1)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Grows A by a row and the equal column.</summary>
    /// <param name="row">The new row up to and including its diagonal; shape [n + 1].</param>
    /// <returns>False, with nothing changed, if A would no longer be positive definite to working precision.</returns>
    public bool TryAppend(ReadOnlySpan<double> row)
    {
        int n = Size;
        Reserve(n + 1);
        Span<double> target = _rows.AsSpan(n * _stride, n + 1);
        row[..n].CopyTo(target);
        SolveLower(target[..n]);
        double rest = row[n] - Dense.Dot(target[..n], target[..n]);
        if (!(rest > 1e-15 * Math.Abs(row[n])))
        {
            return false;
        }

        target[n] = Math.Sqrt(rest);
        Size = n + 1;
        return true;
    }

    /// <summary>Solves L x = b in place, for the first rows of L where <paramref name="b"/> is shorter.</summary>
    public void SolveLower(Span<double> b)
    {
        for (int i = 0; i < b.Length; i++)
        {
            ReadOnlySpan<double> row = _rows.AsSpan(i * _stride, i + 1);
            b[i] = (b[i] - Dense.Dot(row[..i], b)) / row[i];
        }
    }

    /// <summary>Solves Lᵀ x = b in place.</summary>
    public void SolveUpper(Span<double> b)
    {
        for (int i = b.Length - 1; i >= 0; i--)
        {
            ReadOnlySpan<double> row = _rows.AsSpan(i * _stride, i + 1);
            b[i] /= row[i];
            Dense.AddScaled(-b[i], row[..i], b);
        }
    }

    /// <summary>Solves A x = b in place.</summary>
    public void Solve(Span<double> b)
    {
        SolveLower(b);
        SolveUpper(b);
    }

    /// <summary>Writes the lower triangle of the inverse of A.</summary>
    /// <param name="inverse">Row-major, [n · n]; above the diagonal it is left as it was.</param>
    /// <param name="work">Shape [n · n]; overwritten.</param>
    public void Invert(Span<double> inverse, Span<double> work)
    {
        int n = Size;
        for (int i = 0; i < n; i++)
        {
            // Row i of L⁻¹: the combination of the rows above that L's row asks for.
            ReadOnlySpan<double> row = _rows.AsSpan(i * _stride, i + 1);
            Span<double> target = work.Slice(i * n, i + 1);
            target.Clear();
            for (int k = 0; k < i; k++)
            {
                Dense.AddScaled(row[k], work.Slice(k * n, k + 1), target);
            }

            double scale = -1 / row[i];
            for (int k = 0; k < i; k++)
            {
                target[k] *= scale;
            }

            target[i] = -scale;
            inverse.Slice(i * n, i + 1).Clear();
        }

        for (int k = 0; k < n; k++)
        {
            ReadOnlySpan<double> row = work.Slice(k * n, k + 1);
            for (int i = 0; i <= k; i++)
            {
                Dense.AddScaled(row[i], row[..(i + 1)], inverse[(i * n)..]);
            }
        }
    }

    private void Reserve(int rows)
    {
        if (rows <= _stride)
        {
            return;
        }

        int stride = Math.Max(rows, (3 * _stride / 2) + 8);
        double[] grown = new double[stride * stride];
        for (int i = 0; i < Size; i++)
        {
            Row(i).CopyTo(grown.AsSpan(i * stride));
        }

        (_rows, _stride) = (grown, stride);
    }
}
