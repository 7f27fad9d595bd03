namespace HpoServerless.Bench.Quality;

/// <summary>The textbook functions, of a point with any number of coordinates.</summary>
internal static class Functions
{
    private static readonly double[] HartmannWeights = [1.0, 1.2, 3.0, 3.2];
    private static readonly double[][] Hartmann3Widths = [[3, 10, 30], [.1, 10, 35], [3, 10, 30], [.1, 10, 35]];
    private static readonly double[][] Hartmann3Centres = [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]];
    private static readonly double[][] Hartmann6Widths =
        [[10, 3, 17, 3.5, 1.7, 8], [.05, 10, 17, .1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, .05, 10, .1, 14]];

    private static readonly double[][] Hartmann6Centres =
        [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991], [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]];

    public static double Branin(double[] x)
    {
        double valley = x[1] - (5.1 / (4 * Math.PI * Math.PI) * x[0] * x[0]) + (5 / Math.PI * x[0]) - 6;
        return (valley * valley) + (10 * (1 - (1 / (8 * Math.PI))) * Math.Cos(x[0])) + 10;
    }

    public static double Hartmann3(double[] x) => Hartmann(x, Hartmann3Widths, Hartmann3Centres);

    public static double Hartmann6(double[] x) => Hartmann(x, Hartmann6Widths, Hartmann6Centres);

    public static double Rosenbrock(double[] x) =>
        Enumerable.Range(0, x.Length - 1).Sum(i => (100 * Square(x[i + 1] - (x[i] * x[i]))) + Square(1 - x[i]));

    public static double Ackley(double[] x) =>
        (-20 * Math.Exp(-.2 * Math.Sqrt(x.Sum(Square) / x.Length))) - Math.Exp(x.Sum(v => Math.Cos(2 * Math.PI * v)) / x.Length) + 20 + Math.E;

    public static double Rastrigin(double[] x) => (10 * x.Length) + x.Sum(v => (v * v) - (10 * Math.Cos(2 * Math.PI * v)));

    public static double Levy(double[] x)
    {
        double[] w = [.. x.Select(v => 1 + ((v - 1) / 4))];
        double ends = Square(Math.Sin(Math.PI * w[0])) + (Square(w[^1] - 1) * (1 + Square(Math.Sin(2 * Math.PI * w[^1]))));
        return ends + w.Take(w.Length - 1).Sum(v => Square(v - 1) * (1 + (10 * Square(Math.Sin((Math.PI * v) + 1)))));
    }

    public static double Sphere(double[] x) => x.Sum(Square);

    public static double Griewank(double[] x)
    {
        double product = 1;
        for (int i = 0; i < x.Length; i++)
        {
            product *= Math.Cos(x[i] / Math.Sqrt(i + 1));
        }

        return (x.Sum(Square) / 4000) - product + 1;
    }

    public static double Schwefel(double[] x) => x.Sum(v => 418.98288727243374 - (v * Math.Sin(Math.Sqrt(Math.Abs(v)))));

    public static double StyblinskiTang(double[] x) => x.Sum(v => ((v * v * v * v) - (16 * v * v) + (5 * v)) / 2);

    public static double Michalewicz(double[] x)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum -= Math.Sin(x[i]) * Math.Pow(Math.Sin((i + 1) * x[i] * x[i] / Math.PI), 20);
        }

        return sum;
    }

    public static double SixHumpCamel(double[] x)
    {
        double a = x[0] * x[0];
        double b = x[1] * x[1];
        return ((4 - (2.1 * a) + (a * a / 3)) * a) + (x[0] * x[1]) + ((-4 + (4 * b)) * b);
    }

    public static double Square(double v) => v * v;

    private static double Hartmann(double[] x, double[][] widths, double[][] centres)
    {
        double sum = 0;
        for (int bump = 0; bump < HartmannWeights.Length; bump++)
        {
            double distance = 0;
            for (int i = 0; i < x.Length; i++)
            {
                distance += widths[bump][i] * Square(x[i] - (1e-4 * centres[bump][i]));
            }

            sum -= HartmannWeights[bump] * Math.Exp(-distance);
        }

        return sum;
    }
}
