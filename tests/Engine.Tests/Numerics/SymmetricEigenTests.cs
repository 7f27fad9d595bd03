using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Tests.Numerics;

public sealed class SymmetricEigenTests
{
    [Fact]
    public void Decompose_knows_a_textbook_matrix()
    {
        (double[] values, _) = SymmetricEigen.Decompose([2, -1, 0, -1, 2, -1, 0, -1, 2], 3);

        Assert.Equal([2 - Math.Sqrt(2), 2, 2 + Math.Sqrt(2)], values.Order(), (a, b) => Math.Abs(a - b) < 1e-14);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(40)]
    public void Decompose_gives_the_matrix_back(int n)
    {
        SeededRandom random = SeededRandom.For(1, "matrix", n);
        double[] matrix = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                matrix[(i * n) + j] = matrix[(j * n) + i] = random.NextGaussian() * Math.Pow(10, random.NextInt(5) - 2);
            }
        }

        (double[] values, double[] rows) = SymmetricEigen.Decompose(matrix, n);

        double largest = matrix.Select(Math.Abs).DefaultIfEmpty().Max();
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double rebuilt = Enumerable.Range(0, n).Sum(k => values[k] * rows[(k * n) + i] * rows[(k * n) + j]);
                Assert.Equal(matrix[(i * n) + j], rebuilt, 1e-12 * largest);
                Assert.Equal(i == j ? 1 : 0, Enumerable.Range(0, n).Sum(k => rows[(i * n) + k] * rows[(j * n) + k]), 1e-12);
            }
        }
    }
}
