using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Tests.Numerics;

/// <remarks>
/// Functions, starting points and minima: J. J. Moré, B. S. Garbow, K. E. Hillstrom, "Testing unconstrained optimization software",
/// ACM Trans. Math. Softw. 7 (1981) 17-41, problems 1, 5, 7, 13, 14 and 21.
/// </remarks>
public sealed class LbfgsTests
{
    private static readonly LbfgsLimits Tight = new(2000, 1e-9, 0);

    public static TheoryData<string, double[], double[]> Problems => new()
    {
        { "rosenbrock", [-1.2, 1], [1, 1] },
        { "beale", [1, 1], [3, 0.5] },
        { "helical valley", [-1, 0, 0], [1, 0, 0] },
        { "wood", [-3, -1, -3, -1], [1, 1, 1, 1] },
        { "extended rosenbrock", [-1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(Problems))]
    public void Minimize_finds_the_minimum_from_the_standard_start(string name, double[] start, double[] minimum)
    {
        double[] x = [.. start];

        double value = Lbfgs.Minimize(Differentiable(name), x, Bounds(x, -100), Bounds(x, 100), Tight);

        Assert.InRange(value, 0, 1e-12);
        Assert.All(x.Zip(minimum), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
    }

    [Fact]
    public void Minimize_creeps_down_where_the_Hessian_is_singular()
    {
        double[] x = [3, -1, 0, 1];

        double value = Lbfgs.Minimize(Differentiable("powell singular"), x, Bounds(x, -100), Bounds(x, 100), Tight);

        Assert.InRange(value, 0, 1e-9);
        Assert.All(x, component => Assert.Equal(0, component, 1e-2));
    }

    [Fact]
    public void Minimize_stops_at_an_active_bound()
    {
        double[] x = [-1.2, 1];

        double value = Lbfgs.Minimize(Differentiable("rosenbrock"), x, [-2, -2], [0.5, 2], Tight);

        Assert.Equal(0.25, value, 1e-10);
        Assert.Equal(0.5, x[0]);
        Assert.Equal(0.25, x[1], 1e-6);
    }

    [Fact]
    public void Minimize_leaves_a_bound_it_started_on()
    {
        double[] x = [-2, 2];

        double value = Lbfgs.Minimize(Differentiable("rosenbrock"), x, [-2, -2], [2, 2], Tight);

        Assert.InRange(value, 0, 1e-12);
    }

    [Fact]
    public void Minimize_moves_the_start_into_the_box_and_steps_back_from_where_there_is_no_value()
    {
        double[] x = [9];
        static double Barrier(ReadOnlySpan<double> x, Span<double> gradient)
        {
            gradient[0] = 1 - (1 / x[0]);
            return x[0] - Math.Log(x[0]); // NaN below 0
        }

        double value = Lbfgs.Minimize(Barrier, x, [-5], [8], Tight);

        Assert.Equal(1, value, 1e-12);
        Assert.Equal(1, x[0], 1e-6);
    }

    [Fact]
    public void Minimize_takes_no_more_steps_than_allowed()
    {
        int calls = 0;
        double[] x = [-1.2, 1];
        double start = Rosenbrock(x);
        DifferentiableFunction rosenbrock = Differentiable("rosenbrock");

        double value = Lbfgs.Minimize((at, gradient) => Count(rosenbrock(at, gradient)), x, [-5, -5], [5, 5], new(3));

        Assert.True(value < start);
        Assert.InRange(calls, 4, 40);
        double Count(double result)
        {
            calls++;
            return result;
        }
    }

    private static double[] Bounds(double[] x, double bound) => [.. x.Select(_ => bound)];

    private static double Rosenbrock(ReadOnlySpan<double> x) => Square(10 * (x[1] - Square(x[0]))) + Square(1 - x[0]);

    private static double Square(double x) => x * x;

    private static double Value(string name, ReadOnlySpan<double> x)
    {
        switch (name)
        {
            case "rosenbrock":
                return Rosenbrock(x);
            case "beale":
                return Square(1.5 - (x[0] * (1 - x[1]))) + Square(2.25 - (x[0] * (1 - Square(x[1])))) + Square(2.625 - (x[0] * (1 - (Square(x[1]) * x[1]))));
            case "helical valley":
                double theta = (Math.Atan(x[1] / x[0]) / (2 * Math.PI)) + (x[0] < 0 ? 0.5 : 0);
                return Square(10 * (x[2] - (10 * theta))) + Square(10 * (Math.Sqrt(Square(x[0]) + Square(x[1])) - 1)) + Square(x[2]);
            case "powell singular":
                return Square(x[0] + (10 * x[1])) + (5 * Square(x[2] - x[3])) + Square(Square(x[1] - (2 * x[2]))) + (10 * Square(Square(x[0] - x[3])));
            case "wood":
                return Square(10 * (x[1] - Square(x[0]))) + Square(1 - x[0]) + (90 * Square(x[3] - Square(x[2]))) + Square(1 - x[2])
                    + (10 * Square(x[1] + x[3] - 2)) + (0.1 * Square(x[1] - x[3]));
            default:
                double sum = 0;
                for (int i = 0; i < x.Length; i += 2)
                {
                    sum += Rosenbrock(x.Slice(i, 2));
                }

                return sum;
        }
    }

    /// <summary>Adds a gradient by central differences, which is exact enough here.</summary>
    private static DifferentiableFunction Differentiable(string name) => (x, gradient) =>
    {
        double[] moved = x.ToArray();
        for (int i = 0; i < moved.Length; i++)
        {
            double h = 1e-6 * Math.Max(1, Math.Abs(x[i]));
            moved[i] = x[i] + h;
            double above = Value(name, moved);
            moved[i] = x[i] - h;
            gradient[i] = (above - Value(name, moved)) / (2 * h);
            moved[i] = x[i];
        }

        return Value(name, x);
    };
}
