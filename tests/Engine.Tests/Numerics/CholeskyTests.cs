using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Tests.Numerics;

public sealed class CholeskyTests
{
    /// <summary>The Pascal matrix, whose factor is the triangle of binomial coefficients and whose determinant is 1.</summary>
    private static readonly double[] Pascal =
    [
        1, 1, 1, 1, 1,
        1, 2, 3, 4, 5,
        1, 3, 6, 10, 15,
        1, 4, 10, 20, 35,
        1, 5, 15, 35, 70,
    ];

    [Fact]
    public void TryFactor_gives_the_binomial_coefficients_of_the_Pascal_matrix()
    {
        Cholesky factor = new();

        Assert.True(factor.TryFactor(Pascal, 5));
        Assert.Equal([1], factor.Row(0).ToArray());
        Assert.Equal([1, 3, 3, 1], factor.Row(3).ToArray());
        Assert.Equal([1, 4, 6, 4, 1], factor.Row(4).ToArray());
        Assert.Equal(0, factor.LogDeterminant, 1e-12);
    }

    [Fact]
    public void Solve_undoes_the_multiplication()
    {
        Cholesky factor = new();
        factor.TryFactor(Pascal, 5);
        double[] b = [.. Enumerable.Range(0, 5).Select(i => Dense.Dot(Pascal.AsSpan(i * 5, 5), [1, -2, 3, -4, 5]))];

        factor.Solve(b);

        Assert.All(b.Zip([1.0, -2, 3, -4, 5]), pair => Assert.Equal(pair.Second, pair.First, 1e-9));
    }

    [Fact]
    public void TryAppend_grows_the_same_factor_and_Truncate_takes_rows_away()
    {
        double[] matrix = Gram(41, 29);
        Cholesky whole = new(41);
        Cholesky grown = new(1);
        Assert.True(whole.TryFactor(matrix, 41));

        for (int i = 0; i < 41; i++)
        {
            Assert.True(grown.TryAppend(matrix.AsSpan(i * 41, i + 1)));
        }

        grown.Truncate(17);
        for (int i = 17; i < 41; i++)
        {
            Assert.True(grown.TryAppend(matrix.AsSpan(i * 41, i + 1)));
        }

        Assert.Equal(41, grown.Size);
        Assert.Equal(whole.Row(40).ToArray(), grown.Row(40).ToArray());
        Assert.Equal(whole.LogDeterminant, grown.LogDeterminant);
    }

    [Fact]
    public void Invert_gives_the_identity_when_multiplied()
    {
        const int n = 23;
        double[] matrix = Gram(n, 5);
        Cholesky factor = new();
        factor.TryFactor(matrix, n);
        double[] inverse = new double[n * n];

        factor.Invert(inverse, new double[n * n]);

        for (int i = 0; i < n; i++)
        {
            double[] column = [.. Enumerable.Range(0, n).Select(k => k <= i ? inverse[(i * n) + k] : inverse[(k * n) + i])];
            for (int j = 0; j < n; j++)
            {
                Assert.Equal(i == j ? 1 : 0, Dense.Dot(matrix.AsSpan(j * n, n), column), 1e-9);
            }
        }
    }

    [Fact]
    public void A_matrix_that_is_not_positive_definite_is_refused_and_the_factor_kept()
    {
        Cholesky factor = new();

        Assert.False(factor.TryFactor([1, 2, 2, 1], 2));
        Assert.Equal(1, factor.Size);
        Assert.False(factor.TryAppend([1, double.NaN]));
        Assert.True(factor.TryAppend([0.5, 1]));
        Assert.Equal(Math.Log(0.75), factor.LogDeterminant, 1e-14);
    }

    /// <summary>A random Gram matrix with a dominant diagonal.</summary>
    private static double[] Gram(int n, ulong seed)
    {
        SeededRandom random = SeededRandom.For(seed, "gram");
        double[][] rows = [.. Enumerable.Range(0, n).Select(_ => Enumerable.Range(0, n).Select(_ => random.NextGaussian()).ToArray())];
        return [.. Enumerable.Range(0, n * n).Select(k => Dense.Dot(rows[k / n], rows[k % n]) + (k / n == k % n ? 1 : 0))];
    }
}
