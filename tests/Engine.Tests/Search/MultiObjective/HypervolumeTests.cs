using FsCheck;
using FsCheck.Fluent;
using HpoServerless.Engine.Search.MultiObjective;

namespace HpoServerless.Engine.Tests.Search.MultiObjective;

public sealed class HypervolumeTests
{
    [Fact]
    public void Of_two_objectives_is_the_area_of_the_staircase()
    {
        double[][] points = [[1, 3], [2, 2], [3, 1], [3, 3], [9, 0]];

        Assert.Equal(3 + 2 + 1, Hypervolume.Of(points, [4, 4]));
        Assert.Equal([1, 1, 1, 0, 0], Hypervolume.Contributions(points, [4, 4]));
    }

    [Fact]
    public void Of_one_objective_is_a_length() => Assert.Equal(3, Hypervolume.Of([[2], [1], [5]], [4]));

    [Fact]
    public void Of_three_boxes_subtracts_what_they_share()
    {
        // Boxes of 1 x 2 x 2, 2 x 1 x 2 and 2 x 2 x 1 that all share the unit cube, and no two share more than 1 x 1 x 2.
        double[][] points = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

        Assert.Equal(4 + 4 + 4 - 2 - 2 - 2 + 1, Hypervolume.Of(points, [2, 2, 2]));
        Assert.Equal([1, 1, 1], Hypervolume.Contributions(points, [2, 2, 2]));
    }

    [Fact]
    public void Points_outside_add_nothing()
    {
        Assert.Equal(0, Hypervolume.Of([], [1, 1]));
        Assert.Equal(0, Hypervolume.Of([[1, 0], [0, 1], [2, -5]], [1, 1]));
        Assert.Equal(0, Hypervolume.Of([[0, 0, 1]], [1, 1, 1]));
    }

    [Fact]
    public void Doubled_points_contribute_nothing_each() => Assert.Equal([0, 0, 1], Hypervolume.Contributions([[1, 2], [1, 2], [2, 1]], [3, 3]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Of_is_the_number_of_dominated_cells(int objectives) =>
        Prop.ForAll(Points(objectives), points => Hypervolume.Of(points, Reference(objectives)) == Cells(points, objectives)).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Contributions_are_what_is_lost(int objectives) =>
        Prop.ForAll(Points(objectives), points => Hypervolume.Contributions(points, Reference(objectives)).SequenceEqual(points.Select((_, i) =>
            Cells(points, objectives) - Cells([.. points.Where((_, other) => other != i)], objectives)))).QuickCheckThrowOnFailure();

    private static double[] Reference(int objectives) => [.. Enumerable.Repeat(4.0, objectives)];

    private static Arbitrary<double[][]> Points(int objectives) =>
        Gen.Choose(0, 5).Select(value => (double)value).ArrayOf(objectives).ArrayOf().ToArbitrary();

    /// <summary>Counts the unit cells of [0, 4)^m whose lower corner a point is nowhere above.</summary>
    private static double Cells(double[][] points, int objectives)
    {
        int total = 0;
        for (int cell = 0; cell < (int)Math.Pow(4, objectives); cell++)
        {
            int[] corner = [.. Enumerable.Range(0, objectives).Select(axis => cell / (int)Math.Pow(4, axis) % 4)];
            total += points.Any(point => point.Zip(corner).All(pair => pair.First <= pair.Second)) ? 1 : 0;
        }

        return total;
    }
}
