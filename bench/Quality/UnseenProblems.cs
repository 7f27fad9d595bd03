using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;
using static HpoServerless.Bench.Quality.Functions;

namespace HpoServerless.Bench.Quality;

/// <summary>Problems that no peer was measured on, of every kind that users have, so that nobody tunes to the nine.</summary>
internal static class UnseenProblems
{
    private const double CamelOptimum = -1.0316284534898774;

    public static IEnumerable<ProblemFactory> All =>
    [
        Seeded("sphere10", random => Box.Cube(Sphere, 10, -5, 5, minimiser: 0).Shifted(random)),
        Seeded("sphere50", random => Box.Cube(Sphere, 50, -5, 5, minimiser: 0).Shifted(random)),
        Seeded("griewank5", random => Box.Cube(Griewank, 5, -600, 600, minimiser: 0).Shifted(random)),
        Fixed("schwefel3", Box.Cube(Schwefel, 3, -500, 500, minimiser: 420.968746)),
        Fixed("styblinskitang5", Box.Cube(StyblinskiTang, 5, -5, 5, minimiser: -2.903534, optimum: 5 * -39.16616570377141)),
        Fixed("michalewicz5", new(Michalewicz, -4.687658179088146, [2.2029055, 1.5707963, 1.2849916, 1.9230585, 1.7204698], [.. Enumerable.Repeat((0.0, Math.PI), 5)])),
        Fixed("sixhumpcamel2", new(SixHumpCamel, CamelOptimum, [0.0898420, -0.7126564], (-3, 3), (-2, 2))),
        Fixed("levy10", Box.Cube(Levy, 10, -10, 10, minimiser: 1)),
        Fixed("rosenbrock10", Box.Cube(Rosenbrock, 10, -5, 10, minimiser: 1)),
        Seeded("lrcurve4", LearningCurve),
        Seeded("intgrid5", IntegerSphere),
        Seeded("knapsack8", Knapsack.Problem),
        Seeded("cats6", Categories.Problem),
        Seeded("tree", ModelTree.Problem),
        new("hartmann6-noisy", "unseen", _ => PeerProblems.Hartmann6.AsItIs() with { Noise = .17 }),
        Seeded("tree-noisy", random => ModelTree.Problem(random) with { Noise = .05 }),
        Seeded("failing4", Failing),
    ];

    private static ProblemFactory Seeded(string name, Func<SeededRandom, Problem> make) => new(name, "unseen", seed => make(SeededRandom.For(seed, name)));

    private static ProblemFactory Fixed(string name, Box box) => new(name, "unseen", _ => box.AsItIs());

    /// <summary>Too small a learning rate learns slowly, too large a one diverges at once; the best one grows with the batch and falls with the momentum.</summary>
    private static Problem LearningCurve(SeededRandom random)
    {
        double centre = -3 + random.NextUnit();
        double decay = -5 + (2 * random.NextUnit());
        double Loss(double lr, long batch, double momentum, double wd)
        {
            double best = centre + (.5 * Math.Log10(batch / 64.0)) - (.8 * (momentum - .5));
            double off = Math.Log10(lr) - best;
            double training = off > 0 ? 4 * (1 - Math.Exp(-2 * off * off)) : .3 * off * off;
            return training + Square(momentum - .85) + (.05 * Square(Math.Log10(wd) - decay)) + (.05 * Math.Abs(Math.Log2(batch / 128.0)));
        }

        double top = centre + (.5 * Math.Log10(2)) - (.8 * .35);
        return new(
            new(
                new LogUniformParameter("lr", 1e-6, 10),
                new CategoricalParameter("batch", [.. new long[] { 16, 32, 64, 128, 256 }.Select(ParameterValue.Of)]),
                new UniformParameter("momentum", 0, .99),
                new LogUniformParameter("wd", 1e-7, 1e-1)),
            at => Loss(at["lr"].AsDouble(), (long)at["batch"].AsDouble(), at["momentum"].AsDouble(), at["wd"].AsDouble()),
            0,
            Configuration.Of(
                ("lr", ParameterValue.Of(Math.Pow(10, top))),
                ("batch", ParameterValue.Of(128)),
                ("momentum", ParameterValue.Of(.85)),
                ("wd", ParameterValue.Of(Math.Pow(10, decay)))));
    }

    /// <summary>Squared distance from a point of an integer grid: regret 0 can be reached exactly, and duplicates be made.</summary>
    private static Problem IntegerSphere(SeededRandom random)
    {
        ImmutableArray<int> goal = [.. Enumerable.Range(0, 5).Select(_ => random.NextInt(41) - 20)];
        return new(
            new([.. goal.Select((_, i) => new UniformIntParameter($"n{i}", -20, 20))]),
            at => goal.Select((g, i) => Square(at[$"n{i}"].AsDouble() - g)).Sum(),
            0,
            new(goal.Select((g, i) => KeyValuePair.Create($"n{i}", ParameterValue.Of((long)g)))));
    }

    /// <summary>A tilted bowl whose bottom lies just beside a corner, 15 % of the cube, in which trials fail.</summary>
    private static Problem Failing(SeededRandom random)
    {
        double a = .6 + (.2 * random.NextUnit());
        double[] centre = [a, 1.42 - a, random.NextUnit(), random.NextUnit()];
        return new(
            new([.. centre.Select((_, i) => new UniformParameter($"x{i}", 0, 1))]),
            at =>
            {
                double[] x = [.. centre.Select((_, i) => at[$"x{i}"].AsDouble())];
                double along = x[0] - centre[0] - (x[1] - centre[1]);
                return x[0] + x[1] > 1.452 ? null : Sphere([.. x.Zip(centre, (v, c) => v - c)]) + (2 * along * along);
            },
            0,
            new(centre.Select((c, i) => KeyValuePair.Create($"x{i}", ParameterValue.Of(c)))));
    }
}
