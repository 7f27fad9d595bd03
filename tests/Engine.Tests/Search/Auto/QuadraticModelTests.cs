using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Auto;

namespace HpoServerless.Engine.Tests.Search.Auto;

public sealed class QuadraticModelTests
{
    [Fact]
    public void Fit_finds_the_bottom_of_a_parabola_from_as_many_points_as_it_has_coefficients()
    {
        SeededRandom random = SeededRandom.For(1, "points");
        double[][] points = [[0, 0], .. Enumerable.Range(0, 5).Select(_ => new[] { Draw(random), Draw(random) })];

        double[] bottom = [0, 0];
        double value = QuadraticModel.Fit(points, [.. points.Select(Parabola)])!.Minimize(bottom, [-1, -1], [1, 1]);

        Assert.Equal(.3, bottom[0], 3);
        Assert.Equal(-.2, bottom[1], 3);
        Assert.Equal(Parabola([.3, -.2]) - Parabola([0, 0]), value, 3);
    }

    [Fact]
    public void Minimize_stays_in_the_box()
    {
        double[][] points = [[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1], [1, 1]];

        double[] bottom = [0, 0];
        QuadraticModel.Fit(points, [.. points.Select(Parabola)])!.Minimize(bottom, [-1, -.1], [.1, 1]);

        Assert.Equal(.1, bottom[0], 6);
        Assert.InRange(bottom[1], -.1, 1);
    }

    [Fact]
    public void Fit_with_fewer_points_bends_no_more_than_it_must()
    {
        // Three points on a line along the first axis: nothing is known of the second.
        double[][] points = [[0, 0], [1, 0], [-1, 0]];

        double[] bottom = [0, .5];
        QuadraticModel.Fit(points, [0, 0, 2])!.Minimize(bottom, [-1, -1], [1, 1]);

        Assert.Equal(.5, bottom[0], 3);
        Assert.Equal(.5, bottom[1], 6);
    }

    [Fact]
    public void Fit_takes_the_same_point_twice()
    {
        double[][] points = [[0, 0], [0, 0], [.5, .5], [.5, .5]];

        Assert.NotNull(QuadraticModel.Fit(points, [0, 0, 1, 1]));
    }

    private static double Draw(SeededRandom random) => (2 * random.NextUnit()) - 1;

    private static double Parabola(double[] x) => (2 * Square(x[0] - .3)) + Square(x[1] + .2) + ((x[0] - .3) * (x[1] + .2));

    private static double Square(double x) => x * x;
}
