using FsCheck;
using FsCheck.Fluent;
using HpoServerless.Engine.Search.MultiObjective;

namespace HpoServerless.Engine.Tests.Search.MultiObjective;

public sealed class ParetoFrontTests
{
    [Fact]
    public void Ranks_of_a_staircase_are_its_layers()
    {
        double[][] points = [[1, 4], [2, 2], [4, 1], [2, 5], [3, 3], [5, 5], [2, 2]];

        Assert.Equal([0, 0, 0, 1, 1, 2, 0], ParetoFront.Ranks(points));
        Assert.Equal([0, 1, 2, 6], ParetoFront.NonDominated(points));
    }

    [Fact]
    public void Ranks_with_one_objective_are_the_order_of_the_values() =>
        Assert.Equal([1, 0, 2, 0], ParetoFront.Ranks([[3], [-1], [7], [-1]]));

    [Fact]
    public void Ranks_of_nothing_are_nothing() => Assert.Empty(ParetoFront.Ranks([]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Ranks_are_those_of_the_definition(int objectives) =>
        Prop.ForAll(Points(objectives), points => ParetoFront.Ranks(points).SequenceEqual(Peel(points))).QuickCheckThrowOnFailure();

    [Fact]
    public void Ranks_under_constraints_put_less_violation_first()
    {
        double[][] points = [[0, 0], [5, 5], [4, 6], [6, 6], [1, 1], [-9, -9]];

        Assert.Equal([2, 0, 0, 1, 3, 2], ParetoFront.Ranks(points, [0.5, 0, 0, 0, 2, 0.5]));
        Assert.Equal([0, 1], ParetoFront.Ranks([[3], [1]], [1, 2]));
    }

    [Fact]
    public void CrowdingDistances_add_the_gaps_in_parts_of_the_range()
    {
        double[] distances = ParetoFront.CrowdingDistances([[0, 10], [10, 0], [1, 6], [4, 2]]);

        Assert.Equal([double.PositiveInfinity, double.PositiveInfinity, 1.2, 1.5], distances.Select(d => Math.Round(d, 12)));
    }

    [Fact]
    public void CrowdingDistances_survive_equal_and_huge_values()
    {
        Assert.Equal([0, 0, 0], ParetoFront.CrowdingDistances([[1, 1], [1, 1], [1, 1]]));
        Assert.Equal(0.5 + 0.5, ParetoFront.CrowdingDistances([[-double.MaxValue, double.MaxValue], [double.MaxValue, -double.MaxValue], [0, 0], [1e300, -1e300]])[2], 1e-6);
    }

    /// <summary>Small integers, so that ties are frequent.</summary>
    private static Arbitrary<double[][]> Points(int objectives) =>
        Gen.Choose(0, 4).Select(value => (double)value).ArrayOf(objectives).ArrayOf().ToArbitrary();

    private static int[] Peel(double[][] points)
    {
        int[] ranks = [.. points.Select(_ => -1)];
        for (int rank = 0; ranks.Contains(-1); rank++)
        {
            int[] left = [.. Enumerable.Range(0, points.Length).Where(i => ranks[i] < 0)];
            foreach (int i in left.Where(i => !left.Any(j => ParetoFront.Dominates(points[j], points[i]))).ToArray())
            {
                ranks[i] = rank;
            }
        }

        return ranks;
    }
}
