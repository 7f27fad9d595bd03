using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench.Quality;

/// <summary>The nine problems that the peers were measured on, and the same with the optimum moved.</summary>
/// <remarks>Their optima are the rounded ones that the peers' regrets were computed with, so the best regret may be off 0 by 4e-6.</remarks>
internal static class PeerProblems
{
    /// <summary>Noisy as well, elsewhere.</summary>
    public static readonly Box Hartmann6 =
        new(Functions.Hartmann6, -3.32237, [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573], (0, 1), (0, 1), (0, 1), (0, 1), (0, 1), (0, 1));

    private static readonly (string Name, Box Box)[] Boxes =
    [
        ("branin", new(Functions.Branin, 0.397887, [Math.PI, 2.275], (-5, 10), (0, 15))),
        ("hartmann3", new(Functions.Hartmann3, -3.86278, [0.114614, 0.555649, 0.852547], (0, 1), (0, 1), (0, 1))),
        ("hartmann6", Hartmann6),
        ("rosenbrock5", Box.Cube(Functions.Rosenbrock, 5, -5, 10, minimiser: 1)),
        ("ackley5", Box.Cube(Functions.Ackley, 5, -32.768, 32.768, minimiser: 0)),
        ("rastrigin5", Box.Cube(Functions.Rastrigin, 5, -5.12, 5.12, minimiser: 0)),
        ("levy5", Box.Cube(Functions.Levy, 5, -10, 10, minimiser: 1)),
    ];

    public static IEnumerable<ProblemFactory> AsTheyAre =>
    [
        .. Boxes.Select(box => new ProblemFactory(box.Name, "peers", _ => box.Box.AsItIs())),
        new("hpogrid", "peers", _ => HpoGrid(14, 3)),
        new("mixed8", "peers", _ => Mixed8.Peers()),
    ];

    public static IEnumerable<ProblemFactory> Shifted =>
    [
        .. Boxes.Select(box => new ProblemFactory($"{box.Name}-s", "shifted", seed => box.Box.Shifted(SeededRandom.For(seed, $"{box.Name}-s")))),
        new("hpogrid-s", "shifted", seed => HpoGrid(SeededRandom.For(seed, "hpogrid-s"))),
        new("mixed8-s", "shifted", seed => Mixed8.Shifted(SeededRandom.For(seed, "mixed8-s"))),
    ];

    private static Problem HpoGrid(SeededRandom random) => HpoGrid(-80 + (160 * random.NextUnit()), 1 + (18 * random.NextUnit()));

    /// <summary>A parabola in the height, and a ridge to climb down in the width: best at the end that is farther from it.</summary>
    private static Problem HpoGrid(double height, double ridge)
    {
        double end = ridge <= 10 ? 20 : 0;
        return new(
            new(new UniformParameter("height", -100, 100), new UniformParameter("width", 0, 20)),
            at => Functions.Square(at["height"].AsDouble() - height) - Math.Abs(at["width"].AsDouble() - ridge),
            -Math.Abs(end - ridge),
            Configuration.Of(("height", ParameterValue.Of(height)), ("width", ParameterValue.Of(end))));
    }
}
